import java.util.concurrent.atomic.AtomicReference;

import feign.Client;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Every Feign client shows our certificate, trusts our roots alone, and checks the server's name. */
@Configuration
public class MtlsFeign {
    @Bean
    Client mtls(SslBundles bundles) {
        // A null verifier is the JDK's own, which compares names; a new bundle comes with each renewal.
        AtomicReference<Client> current = new AtomicReference<>(
                new Client.Default(bundles.getBundle("mtls").createSslContext().getSocketFactory(), null));
        bundles.addBundleUpdateHandler("mtls", bundle ->
                current.set(new Client.Default(bundle.createSslContext().getSocketFactory(), null)));
        return (request, options) -> current.get().execute(request, options);
    }
}
