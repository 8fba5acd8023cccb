// The validators of cert-manager, Istio, SPIFFE and Kubernetes, as commands: each reads what its system
// would read, prints the identity that it found, and ends with 1 and the system's own words where the
// system refuses.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"istio.io/istio/security/pkg/pki/util"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

func main() {
	commands := map[string]func([]string) (string, error){
		"certmanager": certManager,
		"istio":       istio,
		"spiffe":      spiffe,
		"linkerd":     linkerd,
		"kubeadm":     kubeadm,
		"kubernetes":  kubernetes,
	}
	if len(os.Args) < 3 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: validators certmanager|istio|spiffe|linkerd|kubeadm|kubernetes PATH…")
		os.Exit(2)
	}
	found, err := commands[os.Args[1]](os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(found)
}

// A secret as the API server would decode it, strictly.
func readSecret(path string) (*corev1.Secret, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	secret := &corev1.Secret{}
	if err := yaml.UnmarshalStrict(text, secret); err != nil {
		return nil, err
	}
	if secret.Kind != "Secret" || secret.APIVersion != "v1" {
		return nil, fmt.Errorf("it is a %s of %s", secret.Kind, secret.APIVersion)
	}
	return secret, nil
}

// What cert-manager's CA issuer does: take the key pair and the CA from the secret, refuse what is no CA,
// sign with it, and put the chain together.
func certManager(paths []string) (string, error) {
	secret, err := readSecret(paths[0])
	if err != nil {
		return "", err
	}
	key, err := pki.DecodePrivateKeyBytes(secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return "", err
	}
	chain, err := pki.DecodeX509CertificateChainBytes(secret.Data[corev1.TLSCertKey])
	if err != nil {
		return "", err
	}
	if !chain[0].IsCA {
		return "", errors.New("certificate is not a CA")
	}
	if matches, err := pki.PublicKeyMatchesCertificate(key.Public(), chain[0]); err != nil || !matches {
		return "", errors.New("the key does not match")
	}
	if root := secret.Data["ca.crt"]; len(root) > 0 {
		found, err := pki.DecodeX509CertificateBytes(root)
		if err != nil {
			return "", err
		}
		chain = append(chain, found)
	}
	template, err := workload("spiffe://cluster.local/ns/shop/sa/api")
	if err != nil {
		return "", err
	}
	bundle, err := pki.SignCSRTemplate(chain, key, template)
	if err != nil {
		return "", err
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle.CAPEM)
	issued, err := pki.DecodeX509CertificateChainBytes(bundle.ChainPEM)
	if err != nil {
		return "", err
	}
	for _, link := range issued[1:] {
		between.AddCert(link)
	}
	return verified(issued[0], roots, between)
}

// What istiod does with the folder of the plugged-in CA: pki/util, and the one check on top of it in
// pki/ca; then it signs for a workload.
func istio(paths []string) (string, error) {
	at := func(name string) string { return filepath.Join(paths[0], name) }
	lists := ""
	if _, err := os.Stat(at("ca-crl.pem")); err == nil {
		lists = at("ca-crl.pem")
	}
	bundle, err := util.NewVerifiedKeyCertBundleFromFile(at("ca-cert.pem"), at("ca-key.pem"),
		[]string{at("cert-chain.pem")}, at("root-cert.pem"), lists)
	if err != nil {
		return "", err
	}
	own, key, chain, root := bundle.GetAll()
	if !own.IsCA {
		return "", errors.New("certificate is not authorized to sign other certificates")
	}
	request, _, err := util.GenCSR(util.CertOptions{Host: "spiffe://cluster.local/ns/shop/sa/api", ECSigAlg: util.EcdsaSigAlg})
	if err != nil {
		return "", err
	}
	parsed, err := util.ParsePemEncodedCSR(request)
	if err != nil {
		return "", err
	}
	der, err := util.GenCertFromCSR(parsed, own, parsed.PublicKey, *key, []string{"spiffe://cluster.local/ns/shop/sa/api"}, time.Hour, false)
	if err != nil {
		return "", err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return "", err
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	between.AppendCertsFromPEM(chain)
	return verified(leaf, roots, between)
}

// An SVID with its key and its bundle, as a workload loads and its peer verifies it.
func spiffe(paths []string) (string, error) {
	at := func(name string) string { return filepath.Join(paths[0], name) }
	svid, err := x509svid.Load(at("svid.pem"), at("svid_key.pem"))
	if err != nil {
		return "", err
	}
	bundle, err := x509bundle.Load(svid.ID.TrustDomain(), at("svid_bundle.pem"))
	if err != nil {
		return "", err
	}
	id, _, err := x509svid.Verify(svid.Certificates, bundle)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// A TLS secret, as `kubectl create secret tls` and an ingress controller read it.
func kubernetes(paths []string) (string, error) {
	secret, err := readSecret(paths[0])
	if err != nil {
		return "", err
	}
	if secret.Type != corev1.SecretTypeTLS {
		return "", fmt.Errorf("its type is %s", secret.Type)
	}
	chain, err := certutil.ParseCertsPEM(secret.Data[corev1.TLSCertKey])
	if err != nil {
		return "", err
	}
	key, err := keyutil.ParsePrivateKeyPEM(secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return "", err
	}
	if err := matches(key, chain[0]); err != nil {
		return "", err
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(secret.Data["ca.crt"])
	for _, link := range chain[1:] {
		between.AddCert(link)
	}
	if _, err := verified(chain[0], roots, between); err != nil {
		return "", err
	}
	return secret.Name + " " + chain[0].Subject.String(), nil
}

// The certificate and key of one CA or leaf, as kubeadm's pkiutil loads them: by client-go's readers; the
// first certificate of the file counts. With a third path, the CA that it has to be signed by, which is
// then the one anchor, as it is to the API server and to etcd.
func kubeadm(paths []string) (string, error) {
	chain, err := certutil.CertsFromFile(paths[0] + ".crt")
	if err != nil {
		return "", err
	}
	own := chain[0]
	if key, err := keyutil.PrivateKeyFromFile(paths[0] + ".key"); err == nil {
		if err := matches(key, own); err != nil {
			return "", err
		}
	} else if !os.IsNotExist(err) {
		return "", err
	}
	if len(paths) == 1 {
		if !own.IsCA {
			return "", errors.New("not a certificate authority")
		}
		return own.Subject.String(), nil
	}
	roots, err := certutil.NewPool(paths[1])
	if err != nil {
		return "", err
	}
	if _, err := verified(own, roots, x509.NewCertPool()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s dns=%v ip=%v", own.Subject, own.DNSNames, own.IPAddresses), nil
}

func matches(key any, certificate *x509.Certificate) error {
	signer, is := key.(crypto.Signer)
	if !is {
		return errors.New("the key does not sign")
	}
	public, is := certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !is || !public.Equal(signer.Public()) {
		return errors.New("private key does not match public key")
	}
	return nil
}

func verified(leaf *x509.Certificate, roots, between *x509.CertPool) (string, error) {
	options := x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	if _, err := leaf.Verify(options); err != nil {
		return "", err
	}
	for _, uri := range leaf.URIs {
		if id, err := spiffeid.FromURI(uri); err == nil {
			return id.String(), nil
		}
	}
	return leaf.Subject.String(), nil
}

// A template for a workload with a key of its own.
func workload(id string) (*x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	name, err := url.Parse(id)
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "api"},
		URIs:         []*url.URL{name},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		PublicKey:    key.Public(),
	}, nil
}

// A certificate for a proxy of Linkerd, by the identity controller's template.
func signed(issuer *x509.Certificate, key any) (*x509.Certificate, error) {
	template, err := workload("spiffe://unused")
	if err != nil {
		return nil, err
	}
	template.URIs = nil
	template.DNSNames = []string{"api.shop.serviceaccount.identity.linkerd.cluster.local"}
	template.KeyUsage |= x509.KeyUsageKeyEncipherment
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, template.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func encode(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
