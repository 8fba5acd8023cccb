import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** What Java finds in stores, each named as TYPE:FILE:PASSWORD, and whether an SSLContext takes them. */
public class Load {
    public static void main(String[] stores) throws Exception {
        for (String named : stores) {
            String[] parts = named.split(":");
            char[] password = parts[2].toCharArray();
            KeyStore store = KeyStore.getInstance(parts[0]);
            try (FileInputStream in = new FileInputStream(parts[1])) {
                store.load(in, password);
            }
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
                    keys.init(store, password);
                    SSLContext context = SSLContext.getInstance("TLS");
                    context.init(keys.getKeyManagers(), null, null);
                    X509Certificate leaf = (X509Certificate) store.getCertificate(alias);
                    System.out.println(parts[1] + " key " + alias + " chain " + store.getCertificateChain(alias).length
                        + " " + leaf.getSubjectX500Principal() + " " + store.getKey(alias, password).getAlgorithm());
                }
            }
            if (store.size() > 0 && Collections.list(store.aliases()).stream().noneMatch(alias -> isKey(store, alias))) {
                TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
                trust.init(store);
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, trust.getTrustManagers(), null);
                int roots = ((X509TrustManager) trust.getTrustManagers()[0]).getAcceptedIssuers().length;
                System.out.println(parts[1] + " trusts " + roots);
            } else if (store.size() == 0) {
                System.out.println(parts[1] + " is empty");
            }
        }
    }

    private static boolean isKey(KeyStore store, String alias) {
        try {
            return store.isKeyEntry(alias);
        } catch (java.security.KeyStoreException error) {
            throw new IllegalStateException(error);
        }
    }
}
