// Mutual TLS for a service: files that are read again at each handshake, and CRLs.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Identity is a folder of which mtls-ca keeps tls/current (key, certificates, roots) and crl fresh.
type Identity string

// Server is the configuration of a server that demands client certificates.
func (folder Identity) Server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		// Older net/http asks for one of these, although the next function answers for all.
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			certificate, _, err := folder.read()
			return &certificate, err
		},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			certificate, roots, err := folder.read()
			if err != nil {
				return nil, err
			}
			return &tls.Config{
				MinVersion:       tls.VersionTLS12,
				NextProtos:       []string{"h2", "http/1.1"},
				Certificates:     []tls.Certificate{certificate},
				ClientAuth:       tls.RequireAndVerifyClientCert,
				ClientCAs:        roots,
				VerifyConnection: folder.notRevoked,
				// A resumed session would be as old as its first handshake.
				SessionTicketsDisabled: true,
			}, nil
		},
	}
}

// Client is the configuration of a client. Make it anew when roots have changed; the certificate is
// read at each handshake.
func (folder Identity) Client() (*tls.Config, error) {
	_, roots, err := folder.read()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificate, _, err := folder.read()
			return &certificate, err
		},
		VerifyConnection: folder.notRevoked,
	}, nil
}

// read takes key, certificates and roots of one version: the link is followed once.
func (folder Identity) read() (tls.Certificate, *x509.CertPool, error) {
	current, err := filepath.EvalSymlinks(filepath.Join(string(folder), "tls", "current"))
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	certificate, err := tls.LoadX509KeyPair(filepath.Join(current, "tls.crt"), filepath.Join(current, "tls.key"))
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	text, err := os.ReadFile(filepath.Join(current, "ca.crt"))
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return tls.Certificate{}, nil, errors.New("ca.crt holds no certificate")
	}
	return certificate, roots, nil
}

// notRevoked asks for a chain of which no certificate is on the CRL of its issuer.
func (folder Identity) notRevoked(state tls.ConnectionState) error {
	lists, err := folder.lists()
	if err != nil {
		return err
	}
	for _, chain := range state.VerifiedChains {
		if err = clean(chain, lists); err == nil {
			return nil
		}
	}
	return err
}

// clean is about one chain. The last certificate is a root, which is trusted as it stands.
func clean(chain []*x509.Certificate, lists []*x509.RevocationList) error {
	for i, certificate := range chain[:len(chain)-1] {
		list := listOf(chain[i+1], lists)
		if list == nil {
			return fmt.Errorf("no fresh CRL of %s", chain[i+1].Subject)
		}
		for _, entry := range list.RevokedCertificates {
			if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 {
				return fmt.Errorf("the certificate of %s is revoked", certificate.Subject)
			}
		}
	}
	return nil
}

// listOf finds the list that this CA has signed and that holds now.
func listOf(issuer *x509.Certificate, lists []*x509.RevocationList) *x509.RevocationList {
	for _, list := range lists {
		named := bytes.Equal(list.RawIssuer, issuer.RawSubject)
		if named && time.Now().Before(list.NextUpdate) && list.CheckSignatureFrom(issuer) == nil {
			return list
		}
	}
	return nil
}

// lists reads the CRLs of all CAs.
func (folder Identity) lists() ([]*x509.RevocationList, error) {
	rest, err := os.ReadFile(filepath.Join(string(folder), "crl", "crl.pem"))
	if err != nil {
		return nil, err
	}
	var lists []*x509.RevocationList
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return lists, nil
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
}
