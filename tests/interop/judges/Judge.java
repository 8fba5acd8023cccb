import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import sun.security.util.HostnameChecker;

/** What Java says of each file of a table: Judge MANIFEST. */
public class Judge {
    private static final Map<String, String> USAGES =
            Map.of("ocsp", "1.3.6.1.5.5.7.3.9", "document", "1.3.6.1.5.5.7.3.36");
    private final CertificateFactory factory = CertificateFactory.getInstance("X.509");
    private final String purposes, host, file, issuer, chain, root, crls, about;

    Judge(String[] line) throws Exception {
        purposes = line[2];
        host = line[3];
        file = line[4];
        issuer = line[5];
        chain = line[6];
        root = line[7];
        crls = line[8];
        about = line[9];
    }

    public static void main(String[] words) throws Exception {
        List<String> lines = Files.readAllLines(Path.of(words[0]));
        for (String line : lines) {
            String[] cells = line.split("\t");
            Judge judge = new Judge(cells);
            try {
                switch (cells[1]) {
                    case "certificate" -> judge.certificate();
                    case "crl" -> judge.list();
                    default -> judge.response();
                }
            } catch (Exception refused) {
                Throwable cause = refused;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                String said = cause.getClass().getSimpleName() + ": " + cause.getMessage();
                System.out.println(cells[0] + "\t" + said.replaceAll("\\s+", " "));
            }
        }
        System.out.println("judged\t" + lines.size());
    }

    private List<X509Certificate> certificates(String name) throws Exception {
        List<X509Certificate> found = new ArrayList<>();
        if (!name.equals("-")) {
            for (var one : factory.generateCertificates(bytes(name))) {
                found.add((X509Certificate) one);
            }
        }
        return found;
    }

    private static ByteArrayInputStream bytes(String name) throws Exception {
        return new ByteArrayInputStream(Files.readAllBytes(Path.of(name)));
    }

    private static void check(boolean holds, String said) {
        if (!holds) {
            throw new IllegalStateException(said);
        }
    }

    private void certificate() throws Exception {
        X509Certificate leaf = certificates(file).get(0);
        X509Certificate anchor = certificates(root).get(0);
        check(!leaf.hasUnsupportedCriticalExtension(), "an unknown critical extension");
        leaf.verify(certificates(issuer).get(0).getPublicKey());
        leaf.checkValidity();
        List<X509Certificate> path = new ArrayList<>(List.of(leaf));
        path.addAll(certificates(chain));
        CertStore lists = CertStore.getInstance("Collection", new CollectionCertStoreParameters(factory.generateCRLs(bytes(crls))));
        for (String purpose : purposes.split(",")) {
            switch (purpose) {
                case "server", "client" -> tls(purpose, path, anchor, lists);
                case "ca" -> {
                    check(leaf.getBasicConstraints() >= 0 && leaf.getKeyUsage()[5], "not a CA");
                    // An anchor is no part of the path.
                    if (!leaf.equals(anchor)) {
                        path(path, anchor, lists, null);
                    }
                }
                default -> {
                    X509CertSelector target = new X509CertSelector();
                    target.setExtendedKeyUsage(Set.of(USAGES.get(purpose)));
                    path(path, anchor, lists, target);
                }
            }
        }
    }

    private void path(List<X509Certificate> path, X509Certificate anchor, CertStore lists, X509CertSelector target) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
        parameters.addCertStore(lists);
        parameters.setTargetCertConstraints(target);
        CertPath whole = factory.generateCertPath(path);
        CertPathValidator.getInstance("PKIX").validate(whole, parameters);
    }

    /** What JSSE does with the certificate of a peer. */
    private void tls(String purpose, List<X509Certificate> path, X509Certificate anchor, CertStore lists) throws Exception {
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(Set.of(new TrustAnchor(anchor, null)), new X509CertSelector());
        parameters.addCertStore(lists);
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(new CertPathTrustManagerParameters(parameters));
        X509TrustManager manager = (X509TrustManager) managers.getTrustManagers()[0];
        X509Certificate[] shown = path.toArray(new X509Certificate[0]);
        if (purpose.equals("client")) {
            manager.checkClientTrusted(shown, "UNKNOWN");
        } else {
            manager.checkServerTrusted(shown, "UNKNOWN");
            if (!host.equals("-")) {
                HostnameChecker.getInstance(HostnameChecker.TYPE_TLS).match(host, shown[0]);
            }
        }
    }

    private void list() throws Exception {
        X509CRL list = (X509CRL) factory.generateCRL(bytes(file));
        X509Certificate signer = certificates(issuer).get(0);
        list.verify(signer.getPublicKey());
        check(list.getIssuerX500Principal().equals(signer.getSubjectX500Principal()), "another issuer");
        check(!list.hasUnsupportedCriticalExtension(), "an unknown critical extension");
        check(list.getNextUpdate().after(new Date()), "it has ended");
        check(!list.isRevoked(certificates(about).get(0)), "another is revoked");
    }

    private void response() throws Exception {
        X509Certificate leaf = certificates(about).get(0);
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOcspResponses(Map.of(leaf, Files.readAllBytes(Path.of(file))));
        // No list and no network: the response alone decides.
        checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK, PKIXRevocationChecker.Option.ONLY_END_ENTITY));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(certificates(issuer).get(0), null)));
        parameters.addCertPathChecker(checker);
        String said = "good";
        try {
            validator.validate(factory.generateCertPath(List.of(leaf)), parameters);
        } catch (CertPathValidatorException refused) {
            boolean revoked = refused.getReason() == CertPathValidatorException.BasicReason.REVOKED;
            boolean unknown = refused.getMessage().equals("Certificate's revocation status is unknown");
            check(revoked || unknown, refused.getMessage());
            said = revoked ? "revoked" : "unknown";
        }
        check(said.equals(purposes), "it says " + said);
    }
}
