import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.web.SecurityFilterChain;

/** Signed by our CA is not yet allowed: only the names under {@code mtls.allow} come in. */
@Configuration
@EnableConfigurationProperties(MtlsSecurity.Peers.class)
public class MtlsSecurity {
    @ConfigurationProperties("mtls")
    public record Peers(List<String> allow) {}

    @Bean
    SecurityFilterChain mtls(HttpSecurity http) throws Exception {
        http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated());
        http.x509(x509 -> x509.x509PrincipalExtractor(leaf -> leaf.getSubjectX500Principal().getName()));
        // Each request is asked for its certificate, and none for a cookie that a page could send for it.
        http.sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS));
        http.csrf(csrf -> csrf.disable());
        return http.build();
    }

    @Bean
    UserDetailsService peers(Peers peers) {
        return name -> {
            if (peers.allow() == null || !peers.allow().contains(name)) {
                throw new UsernameNotFoundException(name);
            }
            return User.withUsername(name).password("").authorities("peer").build();
        };
    }
}
