package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The models that are served: {@code /v1/models}, and which of them a request means. */
final class Catalogue {
    private final Served served;
    private final long since = Instant.now().getEpochSecond();

    Catalogue(Served served) {
        this.served = served;
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        if (served.model() != null) {
            names.add(served.name());
        }
        if (served.embedder() != null) {
            names.add(served.embedderName());
        }
        return names;
    }

    /** The model that answers, as the request names it, or the only one if it names none. */
    String chat(JsonNode body) {
        return named(body, served.name());
    }

    /** The dual encoder that the request names, or the only one if it names none. */
    String embedder(JsonNode body) {
        return named(body, served.embedderName());
    }

    private String named(JsonNode body, String wanted) {
        String asked = Fields.of(body, "").text("model");
        if (asked == null || asked.equals(wanted)) {
            return wanted;
        }
        throw names().contains(asked)
                ? ApiException.invalid(
                        "model", "The model '" + Printable.of(asked) + "' cannot do this; '" + wanted + "' can.")
                : unknown(asked);
    }

    private ApiException unknown(String asked) {
        return ApiException.of(
                404,
                "model_not_found",
                "There is no model '" + Printable.of(asked) + "'" + Suggest.nearest(Printable.of(asked), names())
                        + "; this server has " + String.join(", ", names()) + ".");
    }

    /** {@code GET /v1/models}. */
    void list(Call call) throws IOException {
        ObjectNode list = Answers.JSON.createObjectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        names().forEach(name -> data.add(describe(name)));
        call.json(200, list);
    }

    /** {@code GET /v1/models/NAME}; names may contain slashes. */
    void one(Call call) throws IOException {
        String asked = call.context().pathParam("name");
        if (!names().contains(asked)) {
            throw unknown(asked);
        }
        call.json(200, describe(asked));
    }

    private ObjectNode describe(String name) {
        ObjectNode model = Answers.JSON
                .createObjectNode()
                .put("id", name)
                .put("object", "model")
                .put("created", since)
                .put("owned_by", "fovea");
        ObjectNode fovea = model.putObject("fovea");
        VisionLanguageModel answering = served.model();
        DualEncoder embedder = served.embedder();
        if (answering != null && name.equals(served.name())) {
            fovea.put("family", answering.shape().family())
                    .put("visual_tokens", answering.shape().visualTokens())
                    .put("context", answering.shape().contextLength());
            fovea.putArray("endpoints")
                    .add("/v1/chat/completions")
                    .add("/v1/responses")
                    .add("/v1/pages");
            ArrayNode techniques = fovea.putArray("techniques");
            answering
                    .techniques()
                    .planned()
                    .forEach(t -> techniques.add(t.card().id()));
        } else if (embedder != null) {
            fovea.put("family", embedder.shape().family());
            fovea.putArray("endpoints").add("/v1/embeddings").add("/v1/rerank");
        }
        return model;
    }
}
