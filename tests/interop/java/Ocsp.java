import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What Java's path validation says of a certificate with a stapled response: Ocsp RESPONSE CERTIFICATE ISSUER. */
public class Ocsp {
    public static void main(String[] words) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        byte[] response = Files.readAllBytes(Path.of(words[0]));
        X509Certificate leaf = read(factory, words[1]);
        X509Certificate issuer = read(factory, words[2]);
        CertPath path = factory.generateCertPath(List.of(leaf));
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOcspResponses(Map.of(leaf, response));
        // No CRL and no network: the response alone decides.
        checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(issuer, null)));
        parameters.addCertPathChecker(checker);
        try {
            validator.validate(path, parameters);
            System.out.println("accepted");
        } catch (CertPathValidatorException refused) {
            System.out.println("refused: " + refused.getReason() + ": " + refused.getMessage());
        }
    }

    private static X509Certificate read(CertificateFactory factory, String name) throws Exception {
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(Files.readAllBytes(Path.of(name))));
    }
}
