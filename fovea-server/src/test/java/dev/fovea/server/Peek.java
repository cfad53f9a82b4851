package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import javax.imageio.ImageIO;

/** The default model, its scene, and the JDK's HTTP client. */
final class Peek {
    static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();
    static final Path FOLDER = ROOT.resolve("models/peek");
    static final Path SCENE = ROOT.resolve("docs/images/scene.png");
    static final String QUESTION = "How many red circles are there?";
    static final ObjectMapper JSON = new ObjectMapper();
    static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private Peek() {}

    static VisionLanguageModel open() {
        return VisionLanguageModel.open(FOLDER, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
    }

    static DualEncoder openClip() {
        return DualEncoder.open(FOLDER.resolve("clip"));
    }

    static RgbImage scene() {
        return new PictureReader().read(SCENE).image();
    }

    static String dataUrl(byte[] png) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    }

    static String sceneUrl() {
        try {
            return dataUrl(Files.readAllBytes(SCENE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The scene at another size. */
    static byte[] scene(int width, int height) {
        BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = out.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        graphics.drawImage(scene().toBufferedImage(), 0, 0, width, height, null);
        graphics.dispose();
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ImageIO.write(out, "png", bytes);
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A chat with one message of the user: pictures, then words. */
    static ObjectNode chat(String question, String... urls) {
        ObjectNode request = JSON.createObjectNode().put("model", "peek");
        ObjectNode message = request.putArray("messages").addObject().put("role", "user");
        ArrayNode content = message.putArray("content");
        for (String url : urls) {
            content.addObject().put("type", "image_url").putObject("image_url").put("url", url);
        }
        content.addObject().put("type", "text").put("text", question);
        return request;
    }

    static HttpRequest.Builder request(FoveaServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path)).timeout(Duration.ofSeconds(60));
    }

    static Reply post(FoveaServer server, String path, Object body, String... headers) {
        HttpRequest.Builder request = request(server, path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return send(request.build());
    }

    static Reply get(FoveaServer server, String path, String... headers) {
        HttpRequest.Builder request = request(server, path).GET();
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return send(request.build());
    }

    static Reply send(HttpRequest request) {
        try {
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            return new Reply(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What came back. */
    record Reply(int status, String body, HttpResponse<String> response) {
        JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (IOException e) {
                throw new AssertionError("not JSON: " + body, e);
            }
        }

        /** The sentence of an error. */
        String sentence() {
            return json().at("/error/message").asText();
        }
    }
}
