package main
import (
 _ "istio.io/istio/security/pkg/pki/ca"
 _ "github.com/cert-manager/cert-manager/pkg/util/pki"
 _ "github.com/spiffe/go-spiffe/v2/svid/x509svid"
 _ "github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
 _ "k8s.io/client-go/util/cert"
 _ "k8s.io/client-go/util/keyutil"
)
func main() {}
