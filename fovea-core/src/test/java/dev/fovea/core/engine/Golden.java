package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;

/** A tiny LLaVA checkpoint with what transformers computes with it. */
final class Golden {
    static final Path ROOT = Path.of("src/test/resources/golden");
    static final double TOLERANCE = 1e-4;
    final Path folder;
    final ModelParts model;
    final PathEngine engine;
    final JsonNode json;
    private final Checkpoint tensors;

    private Golden(String name) {
        folder = ROOT.resolve(name);
        Checkpoint weights = Checkpoint.open(folder);
        model = Families.read(folder).description().load(weights, DType.F32, null);
        engine = new PathEngine(model);
        tensors = Checkpoint.open(folder.resolve("golden.safetensors"));
        try {
            json = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final Golden MHA = new Golden("llava-mha");
    private static final Golden GQA = new Golden("llava-gqa");

    static Golden mha() {
        return MHA;
    }

    static Golden gqa() {
        return GQA;
    }

    static Golden of(String name) {
        return name.equals("llava-mha") ? MHA : GQA;
    }

    Tensor tensor(String name) {
        return tensors.tensor(name);
    }

    float[] floats(String name) {
        return Tensors.floats(tensor(name));
    }

    /** Token ids of a prompt, with the run of image tokens of each picture made one. */
    int[] ids(String prompt) {
        int[] expanded = expandedIds(prompt);
        int perImage = model.shape().visualTokens();
        List<Integer> out = new ArrayList<>();
        for (int i = 0; i < expanded.length; i++) {
            out.add(expanded[i]);
            if (model.isPlaceholder(expanded[i])) {
                i += perImage - 1;
            }
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    int[] expandedIds(String prompt) {
        return ints(json.at("/prompts/" + prompt + "/input_ids"));
    }

    int[] continuation(String prompt) {
        return ints(json.at("/prompts/" + prompt + "/continuation_ids"));
    }

    /** Which of the two pictures a prompt shows, in order: 0 wide, 1 tall. */
    List<Integer> pictures(String prompt) {
        List<Integer> out = new ArrayList<>();
        json.at("/prompts/" + prompt + "/messages")
                .forEach(message -> message.path("content").forEach(part -> {
                    if (part.path("type").asText().equals("image")) {
                        out.add(part.path("path").asText().contains("wide") ? 0 : 1);
                    }
                }));
        return out;
    }

    ImageInput image(int which, PlanRun run) {
        Tensor pixels = tensor("vision.pixel_values").select(0, which);
        return new ImageInput(pixels, () -> pixels, "image" + which + ".", run);
    }

    List<EncodedImage> encode(String prompt, PlanRun run) {
        return engine.encode(
                pictures(prompt).stream().map(which -> image(which, run)).toList());
    }

    /** Reads one prompt under a plan. */
    PromptState read(String prompt, PlanRun run) {
        return engine.prefill(List.of(new PathEngine.Prompt("", ids(prompt), encode(prompt, run), run, 32)))
                .getFirst();
    }

    /** Greedy continuation, at most as many tokens as wanted, ending behind the end token. */
    int[] greedy(PromptState state, int wanted) {
        List<Integer> out = new ArrayList<>();
        while (out.size() < wanted) {
            int best = argmax(state.logits());
            out.add(best);
            if (best == 2) {
                break;
            }
            engine.extend(List.of(state), List.of(new int[] {best}));
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    static int argmax(float[] logits) {
        return IntStream.range(0, logits.length)
                .boxed()
                .max((a, b) -> logits[a] == logits[b] ? Integer.compare(b, a) : Float.compare(logits[a], logits[b]))
                .orElseThrow();
    }

    /** Within 1e-4, or 1e-5 of the largest magnitude where that is more: the order of f32 sums is free. */
    static void assertClose(float[] actual, float[] expected, String what) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double largest = 0;
        for (float v : expected) {
            largest = Math.max(largest, Math.abs(v));
        }
        double allowed = Math.max(TOLERANCE, 1e-5 * largest);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i])
                    .as("%s[%d]", what, i)
                    .isBetween(expected[i] - allowed, expected[i] + allowed);
        }
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
