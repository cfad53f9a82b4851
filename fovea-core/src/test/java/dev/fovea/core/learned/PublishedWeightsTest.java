package dev.fovea.core.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.SafeTensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights under their authors' names: taken where they fit, refused in a sentence where not. */
class PublishedWeightsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/llava-mha");
    private static final int WIDTH = 48;
    private static final String LAST = "model.layers.3.self_attn.q_proj.weight";

    @TempDir
    Path folder;

    /** Adds nothing to anything, and shows which weights it got. */
    private static final class Shown implements LearnedTechnique {
        private static final Card CARD = Card.of("""
                id        shown
                title     Shown
                summary   Shows its weights.
                stations  connector
                budget    Ignored.
                full      acts
                trained   yes
                knob      n = 1, whole 1..9: Rows.
                """);

        private @Nullable Weights own;

        @Override
        public Card card() {
            return CARD;
        }

        @Override
        public Declaration declaration(ModelShape shape, Knobs knobs) {
            return Declaration.begin()
                    .constant("shift", 0, WIDTH)
                    .constant("rows", 0, knobs.integer("n"), WIDTH)
                    .constant("text.norm.weight", 0, WIDTH)
                    .constant("start", 7, 3)
                    .build();
        }

        @Override
        public PublishedLayout published() {
            return new PublishedLayout() {
                @Override
                public Map<String, String> knobs(PublishedWeights from, ModelShape shape) {
                    return Map.of("n", Long.toString(from.setting("rows").orElse(2)));
                }

                @Override
                public List<Piece> pieces(PublishedWeights from, ModelShape shape, Knobs knobs) {
                    double scale = from.contains("model.a.lora_A.weight")
                            ? from.adapter().scale()
                            : 0.5;
                    int n = knobs.integer("n");
                    return List.of(
                            Piece.of("shift", "model.shift", WIDTH),
                            Piece.of("rows", "model.table", -1, WIDTH)
                                    .rows(-n, n)
                                    .times(scale),
                            Piece.of("text.norm.weight", "model.norm.weight", WIDTH)
                                    .minusModel());
                }
            };
        }

        @Override
        public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights weights) {
            own = weights;
            return List.of();
        }

        float[] values(String name, long... sizes) {
            return Tensors.floats(Objects.requireNonNull(own).tensor(name, sizes));
        }
    }

    private static float[] counted(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = i;
        }
        return values;
    }

    private static Map<String, Tensor> tensors() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        all.put("model.shift", Tensors.of(counted(WIDTH), 1, WIDTH));
        all.put("model.table", Tensors.of(counted(5 * WIDTH), 5, WIDTH));
        all.put("model.norm.weight", Tensors.of(new float[WIDTH], WIDTH));
        all.put("model.of.no.interest", Tensors.of(new float[2], 2));
        return all;
    }

    private void write(String file, Map<String, Tensor> tensors) throws IOException {
        SafeTensorsWriter.write(folder.resolve(file), tensors, Map.of("format", "pt"));
    }

    private Shown shown(String knobs) {
        Description description = Families.read(GOLDEN).description();
        try (Checkpoint checkpoint = Checkpoint.open(GOLDEN);
                Scope ignored = Scope.inference()) {
            Weights model = MappedWeights.of(checkpoint, DType.F32, description.renames());
            ModelShape shape = description.load(model, null).shape();
            Shown technique = new Shown();
            new LearnedPlanner(GOLDEN, shape, model)
                    .plan(technique, TechniqueSpec.parse("shown:weights=" + folder + knobs), shape, Budget.full());
            return technique;
        }
    }

    private void refused(String... parts) {
        var thrown = assertThatThrownBy(() -> shown(""))
                .isInstanceOf(CheckpointException.class)
                .hasMessageNotContaining("\n");
        for (String part : parts) {
            thrown.hasMessageContaining(part);
        }
    }

    @Test
    void rowsScalesAndDifferences() throws IOException {
        write("model.safetensors", tensors());
        Shown technique = shown("");
        assertThat(technique.values("shift", WIDTH)).isEqualTo(counted(WIDTH));
        float[] rows = technique.values("rows", 2, WIDTH);
        assertThat(rows[0]).isEqualTo(0.5f * 3 * WIDTH);
        assertThat(rows[2 * WIDTH - 1]).isEqualTo(0.5f * (5 * WIDTH - 1));
        // What is not there keeps what it starts with.
        assertThat(technique.values("start", 3)).containsExactly(7, 7, 7);
        float[] less = technique.values("text.norm.weight", WIDTH);
        try (Checkpoint model = Checkpoint.open(GOLDEN)) {
            float[] norm = Tensors.floats(model.tensor("model.language_model.norm.weight"));
            for (int i = 0; i < WIDTH; i++) {
                assertThat(less[i]).isEqualTo(-norm[i]);
            }
        }
        assertThat(shown(",n=1").values("rows", 1, WIDTH)[0]).isEqualTo(0.5f * 4 * WIDTH);
    }

    /** Files of an adapter, what PEFT puts before names, a scale, settings, and pickles that are left alone beside. */
    @ParameterizedTest
    @CsvSource({"false, 2", "true, 4"})
    void anAdapterInSeveralFiles(boolean stabilised, float scale) throws IOException {
        Map<String, Tensor> wrapped = new LinkedHashMap<>();
        tensors().forEach((name, tensor) -> wrapped.put("base_model.model." + name, tensor));
        write("non_lora_trainables.safetensors", wrapped);
        write(
                "adapter_model.safetensors",
                Map.of("base_model.model.model.a.lora_A.default.weight", Tensors.of(new float[4], 4, 1)));
        Files.writeString(
                folder.resolve("adapter_config.json"),
                "{\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": 8, \"rank_pattern\": {}, \"use_rslora\": "
                        + stabilised + "}");
        Files.writeString(folder.resolve("config.json"), "{\"rows\": 3}");
        Files.writeString(folder.resolve("training_args.bin"), "never read");
        assertThat(shown("").values("rows", 3, WIDTH)[0]).isCloseTo(scale * 2 * WIDTH, within(1e-4f));
    }

    @Test
    void missingAndOddTensors() throws IOException {
        Map<String, Tensor> less = tensors();
        less.remove("model.shift");
        write("model.safetensors", less);
        refused(folder + " holds no tensor named 'model.shift'", "are these the weights of this technique");
        less.put("model.shift", Tensors.of(counted(WIDTH - 1), WIDTH - 1));
        write("model.safetensors", less);
        refused("Tensor 'model.shift' in " + folder.resolve("model.safetensors")
                + " has shape [47], but technique 'shown' needs it for this model with shape [48] for its own 'shift'");
        less.put("model.shift", Tensors.of(counted(2 * WIDTH), 2, WIDTH));
        write("model.safetensors", less);
        refused("has shape [2, 48], but it should have 1 dimensions");
        less = tensors();
        less.put("model.table", Tensors.of(counted(WIDTH), 1, WIDTH));
        write("model.safetensors", less);
        refused("Tensor 'model.table'", "has shape [1, 48]", "with shape [-1, 48]");
    }

    /** A pickle could run programs when it is read: it is not. */
    @ParameterizedTest
    @ValueSource(
            strings = {"pytorch_model.bin", "non_lora_trainables.bin", "mm_projector.bin", "a.pt", "b.pth", "c.ckpt"})
    void picklesAreNeverOpened(String name) throws IOException {
        Files.writeString(folder.resolve(name), "cos\nsystem\n");
        refused(folder + " holds its weights as pickles (" + name + ")", "never opened", "safetensors.torch.save_file");
    }

    @Test
    void theSameTensorTwice() throws IOException {
        write("a.safetensors", tensors());
        write("b.safetensors", Map.of("base_model.model.model.shift", Tensors.of(counted(2), 2)));
        refused("Both ", "hold the tensor 'model.shift'; keep one of them in the folder");
    }

    /** Own weights mean nothing beside another language model than the one they were trained with. */
    @Test
    void anotherLanguageModel() throws IOException {
        Map<String, Tensor> whole = tensors();
        try (Checkpoint model = Checkpoint.open(GOLDEN);
                Scope ignored = Scope.inference()) {
            Tensor queries = model.tensor(LAST.replace("model.layers", "model.language_model.layers"));
            whole.put(LAST, queries);
            write("model.safetensors", whole);
            assertThat(shown("").values("start", 3)).hasSize(3);
            // Stored in half precision it is the same one still.
            whole.put(LAST, Tensors.to(queries, DType.BF16));
            write("model.safetensors", whole);
            assertThat(shown("").values("start", 3)).hasSize(3);
            whole.put(LAST, Tensors.scale(queries, 1.01));
            write("model.safetensors", whole);
            refused("were trained with the language model that lies beside them", "open it as the model");
            whole.put(LAST, Tensors.of(counted(6), 2, 3));
            write("model.safetensors", whole);
            refused("were trained with the language model that lies beside them");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"r\": 0, \"lora_alpha\": 1}",
                "{\"r\": 99999, \"lora_alpha\": 1}",
                "{\"r\": 4}",
                "{\"r\": 4, \"lora_alpha\": NaN}",
                "{\"r\": 4, \"lora_alpha\": 8, \"peft_type\": \"IA3\"}",
                "{\"r\": 4, \"lora_alpha\": 8, \"use_dora\": true}",
                "{\"r\": 4, \"lora_alpha\": 8, \"rank_pattern\": {\"q_proj\": 8}}",
                "{\"r\": 4, \"lora_alpha\": 8, \"modules_to_save\": [\"lm_head\"]}",
                "{\"r\": 4,"
            })
    void oddAdapters(String config) throws IOException {
        Map<String, Tensor> all = tensors();
        all.put("model.a.lora_A.weight", Tensors.of(new float[4], 4, 1));
        write("model.safetensors", all);
        refused("adapter_config.json is missing");
        Files.writeString(folder.resolve("adapter_config.json"), config);
        refused(folder.resolve("adapter_config.json").toString());
    }
}
