// A service with mutual TLS, and a client of it.
//
//	service serve DIR :8443
//	service call DIR https://localhost:8443/
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "serve":
		err = serve(os.Args[2], os.Args[3])
	case len(os.Args) == 4 && os.Args[1] == "call":
		err = call(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("usage: service serve DIR ADDRESS | service call DIR URL")
	}
	if err != nil {
		log.Fatal(err)
	}
}

func serve(dir, address string) error {
	server := &http.Server{
		Addr:              address,
		Handler:           onlyAllowed(dir, http.HandlerFunc(hello)),
		TLSConfig:         Identity(dir).Server(),
		ReadHeaderTimeout: 10 * time.Second,
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			// After an hour the client has to show its certificate again.
			time.AfterFunc(time.Hour, func() { connection.Close() })
			return ctx
		},
	}
	return server.ListenAndServeTLS("", "")
}

func hello(answer http.ResponseWriter, request *http.Request) {
	caller := request.TLS.PeerCertificates[0]
	log.Printf("%s called with certificate %x", caller.Subject, caller.SerialNumber)
	fmt.Fprintf(answer, "hello %s\n", caller.Subject)
}

// onlyAllowed lets in who is listed: signed by our CA is not yet allowed.
func onlyAllowed(dir string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if !listed(filepath.Join(dir, "allowed.txt"), request.TLS.PeerCertificates[0].Subject.String()) {
			http.Error(answer, "not on the list", http.StatusForbidden)
			return
		}
		next.ServeHTTP(answer, request)
	})
}

func listed(file, subject string) bool {
	list, err := os.Open(file)
	if err != nil {
		return false
	}
	defer list.Close()
	for lines := bufio.NewScanner(list); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line == subject && line != "" && !strings.HasPrefix(line, "#") {
			return true
		}
	}
	return false
}

func call(dir, url string) error {
	config, err := Identity(dir).Client()
	if err != nil {
		return err
	}
	client := &http.Client{
		Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true},
		Timeout:   10 * time.Second,
	}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	fmt.Println(answer.Status)
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}
