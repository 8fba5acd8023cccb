import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CertSelector;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Executors;

import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;

/** Mutual TLS for a service that serves and calls others: {@link #server} and {@link #client}. */
public final class Mtls {
    /** Who may call this service; all others have 403. */
    private static final Set<String> ALLOWED = Set.of(
{% for dn in allow | map(attribute="dn") | select | unique(case_sensitive=true) %}
            {{ dn | json }}{{ "" if loop.last else "," }}
{% endfor %}
    );

    private static final String PASSWORD = {{ password_file | json }};
    private static final String CRLS = {{ crl | json }};

    private Mtls() {}

    /** A server of ours that lets in whom the list has. */
    public static HttpsServer server(int port, SSLContext context, HttpHandler application) throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(port), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters connection) {
                SSLParameters parameters = parameters();
                parameters.setNeedClientAuth(true);
                connection.setSSLParameters(parameters);
            }
        });
        server.createContext("/", exchange -> {
            if (ALLOWED.contains(peer(exchange))) {
                application.handle(exchange);
            } else {
                exchange.sendResponseHeaders(403, -1);
                exchange.close();
            }
        });
        server.setExecutor(Executors.newCachedThreadPool());
        return server;
    }

    /** A client of ours; it checks the names of servers by itself. */
    public static HttpClient client(SSLContext context) {
        return HttpClient.newBuilder().sslContext(context).sslParameters(parameters()).build();
    }

    /** Whose certificate this connection has been opened with, by its RFC 2253 name. */
    public static String peer(HttpExchange exchange) throws IOException {
        return ((HttpsExchange) exchange).getSSLSession().getPeerPrincipal().getName();
    }

    private static SSLParameters parameters() {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        return parameters;
    }

    /** The files as they are now: after a renewal or with new CRLs, make another. */
    public static SSLContext context() throws IOException, GeneralSecurityException {
        return context({{ p12 | json }}, {{ truststore_p12 | json }});
    }

    /** The same of any two stores, PKCS#12 or JKS. */
    public static SSLContext context(String keyStore, String trustStore) throws IOException, GeneralSecurityException {
        char[] password = Files.readString(Path.of(PASSWORD)).strip().toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(KeyStore.getInstance(Path.of(keyStore).toFile(), password), password);

        KeyStore roots = KeyStore.getInstance(Path.of(trustStore).toFile(), password);
        PKIXBuilderParameters path = new PKIXBuilderParameters(roots, new X509CertSelector());
        path.setMaxPathLength(2); // so many CAs between root and leaf
        // Every CA of the chain needs its CRL in the file: without one, everybody is refused.
        PKIXRevocationChecker revocation =
                (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        revocation.setOptions(
                EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
        path.addCertPathChecker(revocation);
        try (InputStream crls = Files.newInputStream(Path.of(CRLS))) {
            path.addCertStore(CertStore.getInstance("Collection",
                    new CollectionCertStoreParameters(CertificateFactory.getInstance("X.509").generateCRLs(crls))));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(new CertPathTrustManagerParameters(path));

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        // Nobody comes back for long on a certificate that was looked at once.
        context.getServerSessionContext().setSessionTimeout(300);
        return context;
    }
}
