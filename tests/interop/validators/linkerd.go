package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// What Linkerd's identity controller and `linkerd check` ask of the issuer and the trust anchors. Linkerd's
// own module is not to be had from the module proxy, so these are its rules, written anew on the same
// library, crypto/x509; then the issuer signs for a proxy as the identity controller does.
func linkerd(paths []string) (string, error) {
	at := func(name string) string { return filepath.Join(paths[0], name) }
	chain, err := certutil.CertsFromFile(at("issuer.crt"))
	if err != nil {
		return "", err
	}
	key, err := keyutil.PrivateKeyFromFile(at("issuer.key"))
	if err != nil {
		return "", err
	}
	issuer := chain[0]
	if err := matches(key, issuer); err != nil {
		return "", err
	}
	public, is := issuer.PublicKey.(*ecdsa.PublicKey)
	if !is {
		return "", fmt.Errorf("issuer: must use ECDSA for public key algorithm, instead %s was used", issuer.PublicKeyAlgorithm)
	}
	if public.Curve != elliptic.P256() {
		return "", fmt.Errorf("issuer: must use P-256 curve for public key, instead %s was used", public.Params().Name)
	}
	if issuer.SignatureAlgorithm != x509.ECDSAWithSHA256 && issuer.SignatureAlgorithm != x509.SHA256WithRSA {
		return "", fmt.Errorf("issuer: must be signed with ECDSA-SHA256 or RSA-SHA256, instead %s was used", issuer.SignatureAlgorithm)
	}
	if !issuer.IsCA {
		return "", errors.New("issuer cert is not a CA")
	}
	anchors, err := certutil.CertsFromFile(at("ca.crt"))
	if err != nil {
		return "", err
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, anchor := range anchors {
		switch public := anchor.PublicKey.(type) {
		case *ecdsa.PublicKey:
			if public.Curve != elliptic.P256() {
				return "", fmt.Errorf("anchor: must use P-256 curve for public key, instead %s was used", public.Params().Name)
			}
		case *rsa.PublicKey:
			if public.N.BitLen() != 2048 && public.N.BitLen() != 4096 {
				return "", fmt.Errorf("anchor: must be a 2048 or 4096 bit RSA key, instead %d bits were used", public.N.BitLen())
			}
		default:
			return "", fmt.Errorf("anchor: must use ECDSA or RSA, instead %s was used", anchor.PublicKeyAlgorithm)
		}
		roots.AddCert(anchor)
	}
	for _, link := range chain[1:] {
		between.AddCert(link)
	}
	if _, err := verified(issuer, roots, between); err != nil {
		return "", err
	}
	proxy, err := signed(issuer, key)
	if err != nil {
		return "", err
	}
	between.AddCert(issuer)
	if _, err := verified(proxy, roots, between); err != nil {
		return "", err
	}
	if len(paths) > 1 {
		if err := write(paths[1], append([]*x509.Certificate{proxy}, chain...)); err != nil {
			return "", err
		}
	}
	return proxy.DNSNames[0], nil
}

func write(path string, chain []*x509.Certificate) error {
	var text []byte
	for _, link := range chain {
		text = append(text, encode(link)...)
	}
	return os.WriteFile(path, text, 0o600)
}
