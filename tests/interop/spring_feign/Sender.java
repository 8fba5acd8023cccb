// An application that calls others by Feign, as the recipe has it: URLs. For each, a line: what the server
// answered, or everything that Java says of why not.

import feign.FeignException;
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

    public static void main(String[] words) {
        var application = new SpringApplicationBuilder(Sender.class).web(WebApplicationType.NONE);
        Receiver receiver = application.run(words).getBean(Receiver.class);
        for (String word : words) {
            if (word.startsWith("https:")) {
                System.out.println(word + " " + outcome(receiver, URI.create(word)));
            }
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
