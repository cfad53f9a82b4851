package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** {@code /v1/rerank}: documents in the order of how well they fit a query, each a text or a picture. */
final class RerankEndpoint implements Gateway.BodyAction {
    private static final Set<String> KNOWN = Set.of("model", "query", "documents", "top_n", "return_documents", "user");

    private final Catalogue catalogue;
    private final Embedder embedder;

    RerankEndpoint(Catalogue catalogue, Embedder embedder) {
        this.catalogue = catalogue;
        this.embedder = embedder;
    }

    @Override
    public void answer(Call call, JsonNode body) throws IOException {
        String name = catalogue.embedder(body);
        call.model(name);
        Fields request = Fields.of(body, "");
        request.only(KNOWN);
        JsonNode query = request.get("query");
        JsonNode given = request.get("documents");
        if (query == null || given == null || !given.isArray()) {
            throw ApiException.invalid(
                    query == null ? "query" : "documents", "A ranking needs a 'query' and a list of 'documents'.");
        }
        Long top = request.whole("top_n", 1, Integer.MAX_VALUE);
        List<Embedder.Item> items = new ArrayList<>(Embedder.items(given, "documents"));
        items.add(Embedder.item(query, "query"));
        List<float[]> vectors = embedder.embed(items, "documents");
        float[] wanted = vectors.getLast();
        double[] scores = IntStream.range(0, vectors.size() - 1)
                .mapToDouble(i -> dot(wanted, vectors.get(i)))
                .toArray();
        List<Integer> order = IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]))
                .toList();
        ObjectNode answer =
                Answers.JSON.createObjectNode().put("id", "rerank-" + call.id()).put("model", name);
        ArrayNode results = answer.putArray("results");
        for (int i : order.subList(0, (int) Math.min(order.size(), top == null ? order.size() : top))) {
            ObjectNode one = results.addObject().put("index", i).put("relevance_score", scores[i]);
            String text = items.get(i).text();
            if (request.flag("return_documents") && text != null) {
                one.putObject("document").put("text", text);
            }
        }
        answer.putObject("usage").put("total_tokens", embedder.tokens(items));
        call.line().put("items", items.size());
        call.json(200, answer);
    }

    /** The cosine, as both have the length 1. */
    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
