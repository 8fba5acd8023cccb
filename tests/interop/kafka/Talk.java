// A Kafka client: for each line BOOTSTRAP PROPERTIES of its input, it sends a record to the topic `orders`,
// and says what came of it in one line.

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.util.Properties;
import java.util.StringJoiner;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

public class Talk {
    public static void main(String[] none) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null;) {
            String[] words = line.split(" ");
            System.out.println("= " + outcome(words[0], words[1]).replace('\n', ' '));
        }
    }

    private static String outcome(String bootstrap, String file) throws Exception {
        Properties settings = new Properties();
        try (FileInputStream content = new FileInputStream(file)) {
            settings.load(content);
        }
        settings.put("bootstrap.servers", bootstrap);
        settings.put("max.block.ms", 15000);
        settings.put("enable.idempotence", false);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            return "sent to " + producer.send(new ProducerRecord<>("orders", "one")).get().topic();
        } catch (Exception refused) {
            StringJoiner reasons = new StringJoiner(" / ", "refused: ", "");
            for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
                reasons.add(cause.getClass().getSimpleName() + " " + cause.getMessage());
            }
            return reasons.toString();
        }
    }
}
