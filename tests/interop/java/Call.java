// The client of the recipe for Java, with its PKCS#12 stores or with others, KEYS TRUST: for each URL of
// its input, what the server answered, or everything that Java says of why not, in one line.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.StringJoiner;
import javax.net.ssl.SSLContext;

public class Call {
    public static void main(String[] words) throws Exception {
        SSLContext context = words.length == 0 ? Mtls.context() : Mtls.context(words[0], words[1]);
        BufferedReader urls = new BufferedReader(new InputStreamReader(System.in));
        for (String url; (url = urls.readLine()) != null;) {
            System.out.println("= " + outcome(context, url));
        }
    }

    private static String outcome(SSLContext context, String url) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build();
        try {
            var answer = Mtls.client(context).send(request, BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body().strip();
        } catch (java.io.IOException refused) {
            StringJoiner reasons = new StringJoiner(" / ", "refused: ", "");
            for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
                reasons.add(String.valueOf(cause.getMessage()));
            }
            return reasons.toString().replace('\n', ' ');
        }
    }
}
