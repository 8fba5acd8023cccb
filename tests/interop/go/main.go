// What Go's crypto/x509 says of our certificates, and requests as it makes them.
//
//	x509 verify server|client ROOT CHAIN KEY [NAME]
//	x509 request ALGORITHM NAME CSR KEY
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
)

func main() {
	err := errors.New("usage: verify … | request …")
	switch {
	case len(os.Args) >= 6 && os.Args[1] == "verify":
		err = verify(os.Args[2], os.Args[3], os.Args[4], os.Args[5], append(os.Args[6:], "")[0])
	case len(os.Args) == 6 && os.Args[1] == "request":
		err = request(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(role, root, chain, key, name string) error {
	rootPEM, err := os.ReadFile(root)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(rootPEM) {
		return errors.New("no root in " + root)
	}
	// Reads the key, and checks that it belongs to the certificate.
	pair, err := tls.LoadX509KeyPair(chain, key)
	if err != nil {
		return err
	}
	intermediates := x509.NewCertPool()
	var leaf *x509.Certificate
	for _, der := range pair.Certificate {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		if len(certificate.UnhandledCriticalExtensions) > 0 {
			return fmt.Errorf("unhandled critical extensions %v", certificate.UnhandledCriticalExtensions)
		}
		if leaf == nil {
			leaf = certificate
		} else {
			intermediates.AddCert(certificate)
		}
	}
	usage := x509.ExtKeyUsageServerAuth
	if role == "client" {
		usage = x509.ExtKeyUsageClientAuth
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, DNSName: name, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	return err
}

func request(algorithm, name, csr, keyFile string) error {
	key, err := generate(algorithm)
	if err != nil {
		return err
	}
	address, err := url.Parse("https://example.org/" + name)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:     pkix.Name{CommonName: name, Organization: []string{"Example"}, OrganizationalUnit: []string{"One", "Two"}},
		DNSNames:    []string{name},
		IPAddresses: []net.IP{net.ParseIP("10.0.0.7"), net.ParseIP("fd00::7")},
		URIs:        []*url.URL{address},
	}, key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := write(keyFile, "PRIVATE KEY", pkcs8); err != nil {
		return err
	}
	return write(csr, "CERTIFICATE REQUEST", der)
}

func generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "rsa-2048":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "ecdsa-p256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ecdsa-p384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ecdsa-p521":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "ed25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, errors.New("unknown algorithm " + algorithm)
}

func write(file, label string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}), 0o600)
}
