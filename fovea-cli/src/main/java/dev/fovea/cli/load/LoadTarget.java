package dev.fovea.cli.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A server of OpenAI's chats, asked for streams of events. Safe for use by several threads. */
public final class LoadTarget {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI address;
    private final @Nullable String key;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /**
     * @param address of the server, without the path of its interface
     * @param key that it wants, or null
     */
    public LoadTarget(URI address, @Nullable String key) {
        this.address = address;
        this.key = key;
    }

    /**
     * The first model that the server has.
     *
     * @throws IllegalArgumentException with one sentence if nobody answers there, or not as such a server does
     */
    public String model() {
        try {
            HttpResponse<String> answer =
                    http.send(request("/v1/models").GET().build(), HttpResponse.BodyHandlers.ofString());
            String name = JSON.readTree(answer.body()).at("/data/0/id").asText();
            if (answer.statusCode() != 200 || name.isEmpty()) {
                throw new IllegalArgumentException("The server at " + address + " names no model (status "
                        + answer.statusCode() + "); give the address of a server of OpenAI's interface, and its key");
            }
            return name;
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "Nobody answers at " + address + "; start 'fovea serve' and give its address", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Stopped", e);
        }
    }

    /**
     * The body of a question about a picture, answered in a stream.
     *
     * @param png a file, or null to ask about none
     */
    static String body(String model, String question, byte @Nullable [] png, int maxTokens) {
        ObjectNode body = JSON.createObjectNode().put("model", model);
        ArrayNode content =
                body.putArray("messages").addObject().put("role", "user").putArray("content");
        if (png != null) {
            content.addObject()
                    .put("type", "image_url")
                    .putObject("image_url")
                    .put("url", "data:image/png;base64," + Base64.getEncoder().encodeToString(png));
        }
        content.addObject().put("type", "text").put("text", question);
        body.put("temperature", 0).put("max_tokens", maxTokens).put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        return body.toString();
    }

    /** Sends a body and follows its answer to the end. */
    Exchange send(String body) {
        HttpRequest request = request("/v1/chat/completions")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        long start = System.nanoTime();
        try {
            HttpResponse<Stream<String>> answer = http.send(request, HttpResponse.BodyHandlers.ofLines());
            try (Stream<String> lines = answer.body()) {
                return answer.statusCode() == 200
                        ? followed(lines.iterator(), start)
                        : failed(start, "status " + answer.statusCode());
            }
        } catch (IOException | RuntimeException e) {
            return failed(start, e.getClass().getSimpleName() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed(start, "stopped");
        }
    }

    private static Exchange followed(Iterator<String> lines, long start) throws JsonProcessingException {
        double first = 0;
        double last = 0;
        double pause = 0;
        int prompt = 0;
        int tokens = 0;
        boolean ended = false;
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.equals("data: [DONE]")) {
                ended = true;
            } else if (line.startsWith("data: {")) {
                double now = since(start);
                JsonNode event = JSON.readTree(line.substring("data: ".length()));
                if (event.has("error")) {
                    return failed(start, event.at("/error/message").asText("an error in the stream"));
                }
                if (!event.at("/choices/0/delta/content").asText("").isEmpty()) {
                    first = first == 0 ? now : first;
                    pause = last == 0 ? 0 : Math.max(pause, now - last);
                    last = now;
                }
                prompt = Math.max(prompt, event.at("/usage/prompt_tokens").asInt());
                tokens = Math.max(tokens, event.at("/usage/completion_tokens").asInt());
            }
        }
        double seconds = since(start);
        return ended
                ? new Exchange(seconds, first == 0 ? seconds : first, pause, prompt, tokens, null)
                : failed(start, "cut off");
    }

    private static Exchange failed(long start, String why) {
        return Exchange.failed(since(start), why);
    }

    private static double since(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address.resolve(path)).timeout(PATIENCE);
        return key == null ? request : request.header("Authorization", "Bearer " + key);
    }
}
