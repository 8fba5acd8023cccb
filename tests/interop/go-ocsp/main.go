// What golang.org/x/crypto/ocsp says of a response of ours.
//
//	ocsp RESPONSE CERTIFICATE ISSUER
//
// Prints the status, and the reason of a revocation, and checks what the client would: the signature by a
// responder that the issuer delegated, and the certificate that is meant. It makes the request by
// itself, and prints it in base64 as it would stand in the path of a GET.
package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"

	"golang.org/x/crypto/ocsp"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(response, certificate, issuer string) error {
	leaf, err := read(certificate)
	if err != nil {
		return err
	}
	authority, err := read(issuer)
	if err != nil {
		return err
	}
	request, err := ocsp.CreateRequest(leaf, authority, nil)
	if err != nil {
		return err
	}
	der, err := os.ReadFile(response)
	if err != nil {
		return err
	}
	// Checks the responder's certificate, its usage and the signature, and looks for the leaf.
	parsed, err := ocsp.ParseResponseForCert(der, leaf, authority)
	if err != nil {
		return err
	}
	names := map[int]string{ocsp.Good: "good", ocsp.Revoked: "revoked", ocsp.Unknown: "unknown"}
	fmt.Println(names[parsed.Status], parsed.RevocationReason, base64.StdEncoding.EncodeToString(request))
	return nil
}

func read(name string) (*x509.Certificate, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("no PEM in %s", name)
	}
	return x509.ParseCertificate(block.Bytes)
}
