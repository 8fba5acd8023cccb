// An application that calls others by Feign, as the recipe has it: for each URL of its input, what the
// server answered, or everything that Java says of why not, in one line.

import feign.FeignException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.StringJoiner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.openfeign.EnableFeignClients;
import org.springframework.cloud.openfeign.FeignClient;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;

@EnableAutoConfiguration
@EnableFeignClients(clients = Sender.Receiver.class)
@Import(MtlsFeign.class)
public class Sender {
    @FeignClient(name = "receiver", url = "${mtls.url}")
    public interface Receiver {
        @GetMapping("/")
        String who(URI elsewhere);
    }

    public static void main(String[] words) throws Exception {
        var application = new SpringApplicationBuilder(Sender.class).web(WebApplicationType.NONE);
        Receiver receiver = application.run(words).getBean(Receiver.class);
        BufferedReader urls = new BufferedReader(new InputStreamReader(System.in));
        for (String url; (url = urls.readLine()) != null;) {
            System.out.println("= " + outcome(receiver, URI.create(url)));
        }
        System.exit(0);
    }

    private static String outcome(Receiver receiver, URI url) {
        try {
            return "200 " + receiver.who(url).strip();
        } catch (FeignException refused) {
            StringJoiner reasons = new StringJoiner(" / ", "refused: " + refused.status() + " ", "");
            for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
                reasons.add(String.valueOf(cause.getMessage()));
            }
            return reasons.toString().replace('\n', ' ');
        }
    }
}
