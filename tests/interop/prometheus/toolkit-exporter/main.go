// A target as exporters are: a page of metrics behind the web configuration that Prometheus and its
// exporters share.
//
//	toolkit-exporter ADDRESS WEB_CONFIG
package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/prometheus/exporter-toolkit/web"
)

func main() {
	addresses, config, systemd := []string{os.Args[1]}, os.Args[2], false
	page := func(answer http.ResponseWriter, request *http.Request) {
		fmt.Fprintf(answer, "scraped_by{subject=%q} 1\n", request.TLS.PeerCertificates[0].Subject)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	flags := &web.FlagConfig{WebListenAddresses: &addresses, WebConfigFile: &config, WebSystemdSocket: &systemd}
	server := &http.Server{Handler: http.HandlerFunc(page), ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelError)}
	if err := web.ListenAndServe(server, flags, logger); err != nil {
		logger.Error(err.Error())
		os.Exit(1)
	}
}
