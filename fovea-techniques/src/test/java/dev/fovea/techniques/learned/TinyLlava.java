package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;

/** The tiny LLaVA checkpoint of core's tests with its prompts, for plans of techniques with weights of their own. */
final class TinyLlava {
    private static final Path FOLDER = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-mha");
    private static final int ROOM = 8;

    private final Weights weights;
    private final ModelParts model;
    private final PathEngine engine;
    private final Tensor pixels;
    private final JsonNode prompts;

    private TinyLlava() {
        Description description = Families.read(FOLDER).description();
        weights = MappedWeights.of(Checkpoint.open(FOLDER), DType.F32, description.renames());
        model = description.load(weights, null);
        engine = new PathEngine(model, added -> description.load(AddedWeights.of(weights, added), null));
        pixels = Checkpoint.open(FOLDER.resolve("golden.safetensors")).tensor("vision.pixel_values");
        try {
            prompts = new ObjectMapper()
                    .readTree(FOLDER.resolve("golden.json").toFile())
                    .path("prompts");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TinyLlava open() {
        return new TinyLlava();
    }

    ModelShape shape() {
        return model.shape();
    }

    Path folder() {
        return FOLDER;
    }

    Weights weights() {
        return weights;
    }

    ModelParts model() {
        return model;
    }

    PathEngine engine() {
        return engine;
    }

    /** Token ids of a prompt, with the run of image tokens of each picture made one. */
    int[] ids(String prompt) {
        List<Integer> out = new ArrayList<>();
        int seen = 0;
        for (JsonNode id : prompts.path(prompt).path("input_ids")) {
            boolean image = model.isPlaceholder(id.asInt());
            if (!image || seen++ % shape().visualTokens() == 0) {
                out.add(id.asInt());
            }
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The pictures of a prompt, encoded. */
    List<EncodedImage> pictures(String prompt, PlanRun run) {
        return engine.encode(StreamSupport.stream(
                        prompts.path(prompt).path("messages").spliterator(), false)
                .flatMap(message -> StreamSupport.stream(message.path("content").spliterator(), false))
                .filter(part -> part.path("type").asText().equals("image"))
                .map(part -> picture(part.path("path").asText().contains("wide") ? 0 : 1, run))
                .toList());
    }

    ImageInput picture(int which, PlanRun run) {
        Tensor own = pixels.select(0, which);
        return new ImageInput(own, () -> own, "image" + which + ".", run);
    }

    static PlanRun run(Plan plan) {
        return PlanRun.of(plan, PlanRun.Question.none(), null);
    }

    /** Reads prompts together. */
    List<PromptState> read(Plan plan, String... names) {
        return engine.prefill(Stream.of(names)
                .map(name -> {
                    PlanRun run = run(plan);
                    return new PathEngine.Prompt(name + ".", ids(name), pictures(name, run), run, ROOM);
                })
                .toList());
    }

    /** Logits behind a prompt and behind each of some tokens of its answer. */
    List<float[]> logits(Plan plan, String name, int... following) {
        PlanRun run = run(plan);
        return logits(new PathEngine.Prompt(name + ".", ids(name), pictures(name, run), run, ROOM), following);
    }

    /** The same of one picture that stands at the place of the prompt's. */
    List<float[]> logits(Plan plan, int[] ids, int picture, int... following) {
        PlanRun run = run(plan);
        return logits(
                new PathEngine.Prompt("own.", ids, engine.encode(List.of(picture(picture, run))), run, ROOM),
                following);
    }

    private List<float[]> logits(PathEngine.Prompt prompt, int... following) {
        List<float[]> out = new ArrayList<>();
        try (PromptState state = engine.prefill(List.of(prompt)).getFirst()) {
            out.add(state.logits());
            for (int token : following) {
                engine.answer(List.of(state), List.of(new int[] {token}));
                out.add(state.logits());
            }
        }
        return out;
    }

    static OwnWeights untrained(LearnedTechnique technique, ModelShape shape, Knobs knobs, long seed) {
        return OwnWeights.initial(technique.card().id(), technique.declaration(shape, knobs), seed);
    }

    /** The tensors of a file whose names begin so. */
    static OwnWeights weights(LearnedTechnique technique, Checkpoint file, String prefix) {
        Map<String, Tensor> own = new HashMap<>();
        try (Scope ignored = Scope.inference()) {
            file.names().stream()
                    .filter(name -> name.startsWith(prefix))
                    .forEach(name -> own.put(name.substring(prefix.length()), file.tensor(name)));
            return OwnWeights.copyOf(technique.card().id(), own);
        }
    }

    static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat((double) actual[i]).isBetween(expected[i] - 1e-4, expected[i] + 1e-4);
        }
    }

    static float[] floats(Tensor t) {
        return Tensors.floats(t);
    }
}
