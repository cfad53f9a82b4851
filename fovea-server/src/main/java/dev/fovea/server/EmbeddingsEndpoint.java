package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.message.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /v1/embeddings}, of texts and pictures alike. */
final class EmbeddingsEndpoint implements Gateway.BodyAction {
    private static final Set<String> KNOWN = Set.of("model", "input", "encoding_format", "dimensions", "user");

    private final Catalogue catalogue;
    private final Embedder embedder;

    EmbeddingsEndpoint(Catalogue catalogue, Embedder embedder) {
        this.catalogue = catalogue;
        this.embedder = embedder;
    }

    @Override
    public void answer(Call call, JsonNode body) throws IOException {
        String name = catalogue.embedder(body);
        call.model(name);
        Fields request = Fields.of(body, "");
        request.only(KNOWN);
        boolean base64 = base64(request.text("encoding_format"));
        Long dimensions = request.whole("dimensions", 1, 1 << 20);
        List<Embedder.Item> items = Embedder.items(request.get("input"), "input");
        List<float[]> vectors = embedder.embed(items, "input");
        int width = vectors.getFirst().length;
        if (dimensions != null && dimensions != width) {
            throw ApiException.invalid(
                    "dimensions", "Vectors of this model have " + width + " dimensions, and are not cut.");
        }
        ObjectNode answer = Answers.JSON.createObjectNode().put("object", "list");
        ArrayNode data = answer.putArray("data");
        for (int i = 0; i < vectors.size(); i++) {
            ObjectNode one = data.addObject().put("object", "embedding").put("index", i);
            if (base64) {
                one.put("embedding", encoded(vectors.get(i)));
            } else {
                ArrayNode numbers = one.putArray("embedding");
                for (float v : vectors.get(i)) {
                    numbers.add(v);
                }
            }
        }
        int tokens = embedder.tokens(items);
        answer.put("model", name);
        answer.putObject("usage")
                .put("prompt_tokens", tokens)
                .put("total_tokens", tokens)
                .put("pictures", Embedder.pictures(items));
        call.line().put("items", items.size()).put("prompt_tokens", tokens);
        call.json(200, answer);
    }

    private static boolean base64(@Nullable String format) {
        return switch (format == null ? "float" : format) {
            case "float" -> false;
            case "base64" -> true;
            default ->
                throw ApiException.invalid(
                        "encoding_format",
                        "'encoding_format' must be float or base64, not '" + Printable.of(format) + "'.");
        };
    }

    private static String encoded(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float v : vector) {
            bytes.putFloat(v);
        }
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
