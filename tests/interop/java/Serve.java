// Servers of the recipe for Java, which answer with the name of their client: PORT, with its PKCS#12 stores,
// and PORT KEYS TRUST, with others.

import com.sun.net.httpserver.HttpHandler;
import java.nio.charset.StandardCharsets;

public class Serve {
    public static void main(String[] words) throws Exception {
        HttpHandler application = exchange -> {
            byte[] name = Mtls.peer(exchange).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, name.length);
            exchange.getResponseBody().write(name);
            exchange.close();
        };
        Mtls.server(Integer.parseInt(words[0]), Mtls.context(), application).start();
        Mtls.server(Integer.parseInt(words[1]), Mtls.context(words[2], words[3]), application).start();
    }
}
