// What Go's crypto/x509 and golang.org/x/crypto/ocsp say of each file of a table: judge MANIFEST.
package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

// A line of the table.
type item struct {
	id, kind, purposes, host, file, issuer, chain, root, crls, about string
}

func main() {
	table, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	judged := 0
	for lines := bufio.NewScanner(table); lines.Scan(); judged++ {
		c := strings.Split(lines.Text(), "\t")
		it := item{c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9]}
		judge := map[string]func(item) error{"certificate": certificate, "crl": list, "ocsp": response}[it.kind]
		if err := judge(it); err != nil {
			fmt.Printf("%s\t%s\n", it.id, strings.Join(strings.Fields(err.Error()), " "))
		}
	}
	fmt.Printf("judged\t%d\n", judged)
}

func blocks(file string) ([][]byte, error) {
	if file == "-" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var found [][]byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		found = append(found, block.Bytes)
	}
	return found, nil
}

func certificates(file string) ([]*x509.Certificate, error) {
	ders, err := blocks(file)
	var found []*x509.Certificate
	for _, der := range ders {
		read, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		if len(read.UnhandledCriticalExtensions) > 0 {
			return nil, fmt.Errorf("unhandled critical extensions %v", read.UnhandledCriticalExtensions)
		}
		found = append(found, read)
	}
	return found, err
}

func first(file string) (*x509.Certificate, error) {
	found, err := certificates(file)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RFC 9336.
var document = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}

func certificate(it item) error {
	leaf, err := first(it.file)
	if err != nil {
		return err
	}
	issuer, err := first(it.issuer)
	if err != nil {
		return err
	}
	if err := leaf.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	root, err := first(it.root)
	if err != nil {
		return err
	}
	between, err := certificates(it.chain)
	if err != nil {
		return err
	}
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root)
	for _, above := range between {
		intermediates.AddCert(above)
	}
	for _, purpose := range strings.Split(it.purposes, ",") {
		options := x509.VerifyOptions{Roots: roots, Intermediates: intermediates}
		switch purpose {
		case "server":
			options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
			if it.host != "-" {
				options.DNSName = it.host
			}
		case "client":
			options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		case "ocsp":
			options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
		case "document":
			options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
			if len(leaf.UnknownExtKeyUsage) != 1 || !leaf.UnknownExtKeyUsage[0].Equal(document) {
				return errors.New("not for documents")
			}
		default:
			options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
			if !leaf.IsCA || !leaf.BasicConstraintsValid || leaf.KeyUsage&x509.KeyUsageCertSign == 0 {
				return errors.New("not a CA")
			}
		}
		if _, err := leaf.Verify(options); err != nil {
			return err
		}
	}
	return revocation(it, append([]*x509.Certificate{leaf}, between...), append(between, root))
}

// Go's path validation looks at no lists; this is what a program does itself.
func revocation(it item, signed, signers []*x509.Certificate) error {
	ders, err := blocks(it.crls)
	if err != nil {
		return err
	}
	var lists []*x509.RevocationList
	for _, der := range ders {
		read, err := x509.ParseRevocationList(der)
		if err != nil {
			return err
		}
		lists = append(lists, read)
	}
	for at, one := range signed {
		for _, list := range lists {
			if !bytes.Equal(list.RawIssuer, signers[at].RawSubject) || list.CheckSignatureFrom(signers[at]) != nil {
				continue
			}
			for _, entry := range list.RevokedCertificateEntries {
				if entry.SerialNumber.Cmp(one.SerialNumber) == 0 {
					return errors.New("revoked")
				}
			}
		}
	}
	return nil
}

func list(it item) error {
	ders, err := blocks(it.file)
	if err != nil {
		return err
	}
	read, err := x509.ParseRevocationList(ders[0])
	if err != nil {
		return err
	}
	issuer, err := first(it.issuer)
	if err != nil {
		return err
	}
	good, err := first(it.about)
	if err != nil {
		return err
	}
	if err := read.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	if !bytes.Equal(read.RawIssuer, issuer.RawSubject) || !bytes.Equal(read.AuthorityKeyId, issuer.SubjectKeyId) {
		return errors.New("another issuer or key")
	}
	if read.Number == nil || !read.NextUpdate.After(read.ThisUpdate) {
		return errors.New("no number, or it ends before it begins")
	}
	if time.Now().After(read.NextUpdate) {
		return errors.New("it has ended")
	}
	for _, entry := range read.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(good.SerialNumber) == 0 {
			return errors.New("another is revoked")
		}
	}
	return nil
}

func response(it item) error {
	der, err := os.ReadFile(it.file)
	if err != nil {
		return err
	}
	issuer, err := first(it.issuer)
	if err != nil {
		return err
	}
	about, err := first(it.about)
	if err != nil {
		return err
	}
	read, err := ocsp.ParseResponseForCert(der, about, issuer)
	if err != nil {
		return err
	}
	if said := map[int]string{ocsp.Good: "good", ocsp.Revoked: "revoked", ocsp.Unknown: "unknown"}[read.Status]; said != it.purposes {
		return errors.New("it says " + said)
	}
	if now := time.Now(); now.Before(read.ThisUpdate) || now.After(read.NextUpdate) {
		return errors.New("it does not hold now")
	}
	return nil
}
