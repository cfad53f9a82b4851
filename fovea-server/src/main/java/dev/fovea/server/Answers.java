package dev.fovea.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.Answer;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.Sampler;
import dev.fovea.core.image.Geometry;
import dev.fovea.core.path.Ledger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Writes what all forms of answers have in common. */
final class Answers {
    static final ObjectMapper JSON = new ObjectMapper();

    private Answers() {}

    static String finish(FinishReason reason) {
        return switch (reason) {
            case END, STOP_STRING, CANCELLED -> "stop";
            case MAX_TOKENS, CONTEXT -> "length";
        };
    }

    /** Tokens of prompt and answer, as {@code /v1/chat/completions} names them. */
    static ObjectNode usage(BatchAnswer done) {
        int prompt = done.answer().promptTokens();
        int answer = done.answer().tokens().size();
        ObjectNode usage = JSON.createObjectNode();
        usage.put("prompt_tokens", prompt)
                .put("completion_tokens", answer)
                .put("total_tokens", prompt + answer)
                .set("prompt_tokens_details", JSON.createObjectNode().put("cached_tokens", done.cachedTokens()));
        usage.set("visual_tokens", visual(done.answer().ledger()));
        return usage;
    }

    /** Visual tokens of the plain model, and those that were left behind the last station. */
    static ObjectNode visual(Ledger ledger) {
        return JSON.createObjectNode().put("total", ledger.plainTotal()).put("kept", ledger.kept());
    }

    /** How visual tokens were spent, and what it cost. */
    static ObjectNode fovea(Spending spending, BatchAnswer done, VisionLanguageModel model) {
        ObjectNode fovea = JSON.createObjectNode();
        ArrayNode techniques = fovea.putArray("techniques");
        spending.techniques().forEach(techniques::add);
        fovea.put("budget", spending.budgetText());
        Ledger ledger = done.answer().ledger();
        ObjectNode visual = visual(ledger);
        visual.put("dropped", ledger.count(Ledger.Fate.DROPPED)).put("merged", ledger.count(Ledger.Fate.MERGED));
        fovea.set("visual_tokens", visual);
        fovea.putObject("timings")
                .put("queue_ms", rounded(done.queueMs()))
                .put("encoder_ms", rounded(done.answer().timings().encoderMs()))
                .put("prefill_ms", rounded(done.answer().timings().prefillMs()))
                .put("decode_ms", rounded(done.answer().timings().decodeMs()))
                .put("first_token_ms", rounded(done.firstTokenMs()));
        fovea.putObject("cached").put("tokens", done.cachedTokens()).put("views", done.cachedViews());
        if (spending.ledger()) {
            fovea.set("ledger", ledger(ledger, done.answer().geometry()));
        }
        if (spending.attention()) {
            fovea.set("attention", attention(done.answer(), model));
        }
        return fovea;
    }

    /** For each token of the answer how it looks at the visual tokens, in the order of the ledger. */
    private static ArrayNode attention(Answer answer, VisionLanguageModel model) {
        ArrayNode all = JSON.createArrayNode();
        for (int i = 0; i < answer.attention().size(); i++) {
            float[] row = answer.attention().get(i);
            double sum = 0;
            ObjectNode one = all.addObject()
                    .put("token", new String(model.bytes(answer.tokens().get(i).id()), StandardCharsets.UTF_8));
            ArrayNode weights = JSON.createArrayNode();
            for (float weight : row) {
                sum += weight;
                weights.add(Math.round(weight * 1e6) / 1e6);
            }
            one.put("visual", Math.round(sum * 1e4) / 1e4).set("weights", weights);
        }
        return all;
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }

    /**
     * What became of every visual token.
     *
     * @param geometry how each image of the ledger lies in its picture
     */
    private static ObjectNode ledger(Ledger ledger, List<Geometry> geometry) {
        ObjectNode out = JSON.createObjectNode();
        ArrayNode images = out.putArray("images");
        for (int i = 0; i < ledger.images().size(); i++) {
            Ledger.Grid grid = ledger.images().get(i);
            ObjectNode image = images.addObject()
                    .put("picture", grid.picture())
                    .put("part", grid.part().label())
                    .put("rows", grid.rows())
                    .put("columns", grid.cols())
                    .put("side", grid.side());
            if (i < geometry.size()) {
                region(image.putArray("region"), geometry.get(i));
            }
        }
        ArrayNode tokens = out.putArray("tokens");
        for (Ledger.Token token : ledger.tokens()) {
            ObjectNode one = tokens.addObject()
                    .put("image", token.image())
                    .put("row", token.row())
                    .put("column", token.col())
                    .put("fate", token.fate().word());
            ArrayNode events = one.putArray("events");
            for (Ledger.Event event : token.events()) {
                ObjectNode said = events.addObject()
                        .put("station", event.station())
                        .put("fate", event.fate().word());
                Float score = event.score();
                if (score != null && Float.isFinite(score)) {
                    said.put("score", score);
                }
                if (event.into() >= 0) {
                    said.put("into", event.into());
                }
            }
        }
        ArrayNode survivors = out.putArray("survivors");
        for (Ledger.Group group : ledger.survivors()) {
            ObjectNode one = survivors.addObject().put("anchor", group.anchor());
            ArrayNode members = one.putArray("members");
            for (int member : group.members()) {
                members.add(member);
            }
        }
        ArrayNode encoder = out.putArray("encoder_tokens");
        ledger.encoderTokens().forEach(encoder::add);
        ArrayNode decoder = out.putArray("decoder_tokens");
        ledger.decoderTokens().forEach(decoder::add);
        ArrayNode cached = out.putArray("cached_tokens");
        ledger.cachedTokens().forEach(cached::add);
        beside(out, ledger);
        return out;
    }

    /** What was added to hidden states, and what was read beside the prompt. */
    private static void beside(ObjectNode out, Ledger ledger) {
        ArrayNode steered = out.putArray("steered");
        ledger.steered()
                .forEach(s -> steered.addObject()
                        .put("station", s.station())
                        .put("push", s.push().name().toLowerCase(Locale.ROOT))
                        .put("tokens", s.tokens().name().toLowerCase(Locale.ROOT))
                        .put("strength", s.strength())
                        .put("length", s.length()));
        ArrayNode branches = out.putArray("branches");
        for (Ledger.Reading reading : ledger.branches()) {
            ObjectNode one = branches.addObject()
                    .put("branch", reading.branch())
                    .put("words", reading.words())
                    .put("answers", reading.follows());
            ArrayNode visual = one.putArray("visual_per_layer");
            reading.visual().forEach(visual::add);
        }
    }

    /** Left, top, right and bottom of what the encoder saw, in pixels of the picture; beyond it where it was padded. */
    private static void region(ArrayNode to, Geometry g) {
        to.add(rounded(g.originalX(0)))
                .add(rounded(g.originalY(0)))
                .add(rounded(g.originalX(g.width())))
                .add(rounded(g.originalY(g.height())));
    }

    /** Log-probabilities of tokens, as both forms of answers write them. */
    static ArrayNode logprobs(List<Generated.Token> tokens, VisionLanguageModel model) {
        ArrayNode all = JSON.createArrayNode();
        for (Generated.Token token : tokens) {
            ObjectNode one = logprob(all.addObject(), token.id(), token.logProbability(), model);
            ArrayNode top = one.putArray("top_logprobs");
            for (Sampler.Choice choice : token.likeliest()) {
                logprob(top.addObject(), choice.token(), choice.logProbability(), model);
            }
        }
        return all;
    }

    private static ObjectNode logprob(ObjectNode one, int id, double logProbability, VisionLanguageModel model) {
        byte[] bytes = model.bytes(id);
        one.put("token", new String(bytes, StandardCharsets.UTF_8));
        // JSON has no infinity: what cannot be is written as OpenAI writes it.
        one.put("logprob", Math.max(-9999.0, logProbability));
        ArrayNode written = one.putArray("bytes");
        for (byte b : bytes) {
            written.add(b & 0xff);
        }
        return one;
    }
}
