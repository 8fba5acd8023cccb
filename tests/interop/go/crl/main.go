// What Go's crypto/x509 says of a CRL and of two certificates: CRL.DER ISSUER GOOD BAD.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := judge(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(file, issuerFile, goodFile, badFile string) error {
	der, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return err
	}
	var read [3]*x509.Certificate
	for n, name := range []string{issuerFile, goodFile, badFile} {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		block, _ := pem.Decode(text)
		if read[n], err = x509.ParseCertificate(block.Bytes); err != nil {
			return err
		}
	}
	issuer, good, bad := read[0], read[1], read[2]
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	if !bytes.Equal(list.RawIssuer, issuer.RawSubject) || !bytes.Equal(list.AuthorityKeyId, issuer.SubjectKeyId) {
		return errors.New("another issuer or key")
	}
	if list.Number == nil || list.NextUpdate.IsZero() || len(list.RevokedCertificateEntries) != 1 {
		return errors.New("number, nextUpdate or entry is missing")
	}
	entry := list.RevokedCertificateEntries[0]
	if entry.SerialNumber.Cmp(good.SerialNumber) == 0 || entry.SerialNumber.Cmp(bad.SerialNumber) != 0 {
		return errors.New("another certificate is revoked")
	}
	fmt.Println("reason", entry.ReasonCode)
	return nil
}
