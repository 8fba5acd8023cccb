// What Java says of a CRL and of two certificates: CRL.DER ISSUER GOOD BAD.

import java.io.FileInputStream;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;

public class Crl {
    public static void main(String[] names) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509CRL crl = (X509CRL) factory.generateCRL(new FileInputStream(names[0]));
        X509Certificate issuer = (X509Certificate) factory.generateCertificate(new FileInputStream(names[1]));
        X509Certificate good = (X509Certificate) factory.generateCertificate(new FileInputStream(names[2]));
        X509Certificate bad = (X509Certificate) factory.generateCertificate(new FileInputStream(names[3]));
        crl.verify(issuer.getPublicKey());
        if (!crl.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            throw new IllegalStateException("another issuer");
        }
        if (crl.isRevoked(good) || !crl.isRevoked(bad) || crl.hasUnsupportedCriticalExtension()) {
            throw new IllegalStateException("another certificate is revoked");
        }
        System.out.println(crl.getRevokedCertificate(bad).getRevocationReason());
    }
}
