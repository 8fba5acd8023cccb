// A web application behind the recipe for Spring Boot: it answers with the name of its client.

import java.security.Principal;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@EnableAutoConfiguration
@RestController
@Import(MtlsSecurity.class)
public class Receiver {
    public static void main(String[] words) {
        SpringApplication.run(Receiver.class, words);
    }

    @GetMapping("/")
    String who(Principal client) {
        return client.getName();
    }
}
