package dev.fovea.core.model.quantized;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.file.OutputFolder;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.SafeTensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizedFolderTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/llava-mha");
    private static final Path PEEK = Path.of("../models/peek");
    private static final OpenOptions F32 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);
    private static final String MAP = "model.language_model.layers.1.self_attn.q_proj";

    @TempDir
    static Path shared;

    @TempDir
    Path own;

    private static Path eight;
    private static Path four;

    @BeforeAll
    static void write() throws IOException {
        eight = shared.resolve("eight");
        four = shared.resolve("four");
        QuantizedFolder.write(GOLDEN, eight, Quantization.INT8, done -> true);
        QuantizedFolder.write(PEEK, four, Quantization.int4(32), done -> true);
    }

    @Test
    void theFolderAnswersAsTheCheckpointDoesWithItsWeightsInEightBits() {
        RgbImage picture =
                new PictureReader().read(GOLDEN.resolve("images/wide.png")).image();
        assertThat(answer(eight, F32, picture, "How many red circles are there?"))
                .isEqualTo(
                        answer(GOLDEN, F32.withWeights(Quantization.INT8), picture, "How many red circles are there?"))
                .isNotEmpty();
    }

    @Test
    void andInFour() {
        RgbImage picture =
                new PictureReader().read(Path.of("../docs/images/scene.png")).image();
        List<Generated.Token> tokens = answer(four, F32, picture, "What is in row 2 column 3?");
        assertThat(tokens)
                .isEqualTo(answer(PEEK, F32.withWeights(Quantization.int4(32)), picture, "What is in row 2 column 3?"))
                .isNotEmpty();
    }

    private static List<Generated.Token> answer(Path folder, OpenOptions options, RgbImage picture, String question) {
        try (VisionLanguageModel model = VisionLanguageModel.open(folder, options)) {
            return model.ask(List.of(picture), question, AskOptions.defaults().withMaxTokens(12))
                    .tokens();
        }
    }

    @Test
    void everythingElseComesAlongAndTheConfigurationSaysWhatLiesHow() throws IOException {
        assertThat(four.resolve("clip/model.safetensors")).exists();
        assertThat(four.resolve("techniques")).isDirectory();
        assertThat(four.resolve("tokenizer.json")).hasSameBinaryContentAs(PEEK.resolve("tokenizer.json"));
        JsonNode said = new ObjectMapper()
                .readTree(four.resolve("config.json").toFile())
                .path("quantization_config");
        assertThat(said.path("quant_method").asText()).isEqualTo("compressed-tensors");
        assertThat(said.at("/config_groups/group_0/weights/group_size").asInt()).isEqualTo(32);
        // By the names that modules have in transformers, whatever tensors are called.
        Pattern target = Pattern.compile(
                said.at("/config_groups/group_0/targets/0").asText().replaceFirst("re:", ""));
        assertThat(List.of(
                        "model.language_model.layers.3.self_attn.o_proj",
                        "language_model.model.layers.11.mlp.gate_proj",
                        "model.layers.0.self_attn.k_proj",
                        "model.text_model.layers.2.mlp.down_proj"))
                .allMatch(target.asMatchPredicate());
        assertThat(List.of(
                        "lm_head",
                        "model.vision_tower.encoder.layers.0.self_attn.q_proj",
                        "vision_tower.vision_model.encoder.layers.0.mlp.fc1",
                        "model.visual.blocks.0.mlp.gate_proj",
                        "model.vision_tower.transformer.layers.1.attention.q_proj",
                        "model.multi_modal_projector.linear_1"))
                .noneMatch(target.asMatchPredicate());
        try (Checkpoint before = Checkpoint.open(PEEK);
                Checkpoint after = Checkpoint.open(four)) {
            assertThat(after.byteSize()).isLessThan(before.byteSize());
            for (String name : before.names()) {
                if (!name.contains("language_model") || !after.contains(name)) {
                    assertThat(after.contains(name) || after.contains(name + "_packed"))
                            .as(name)
                            .isTrue();
                }
            }
        }
        try (Stream<Path> left = Files.list(shared)) {
            assertThat(left.filter(p -> p.getFileName().toString().startsWith(".")))
                    .isEmpty();
        }
    }

    @Test
    void weightsAreWithinHalfAStepOfWhatTheyWere() {
        try (Checkpoint before = Checkpoint.open(GOLDEN);
                Checkpoint after = Checkpoint.open(eight);
                Scope scope = Scope.inference()) {
            Tensor scale = Tensors.to(after.tensor(MAP + ".weight_scale"), DType.F32);
            Tensor back = Tensors.to(after.tensor(MAP + ".weight"), DType.F32).mul(scale);
            Tensor off = back.sub(Tensors.to(before.tensor(MAP + ".weight"), DType.F32))
                    .abs()
                    .div(scale);
            // The scale is rounded to bf16, which the largest weight of a row may feel: 127 / 256 steps more.
            assertThat(Tensors.floats(off.max())[0]).isLessThan(1);
            assertThat(Tensors.floats(off.mean())[0]).isLessThan(0.27f);
        }
    }

    @Test
    void toldToGiveUpItLeavesNothing() throws IOException {
        assertThat(QuantizedFolder.write(GOLDEN, own.resolve("none"), Quantization.INT8, done -> false))
                .isNegative();
        try (Stream<Path> left = Files.list(own)) {
            assertThat(left).isEmpty();
        }
    }

    /** Not of the model: whoever asked can do something about the place. */
    @Test
    void weightsThatCannotBeWrittenAreAFaultOfThePlace() throws IOException {
        assertThatThrownBy(() -> QuantizedFolder.write(GOLDEN, own.resolve("x"), Quantization.INT8, done -> {
                    fileInPlaceOfTheFolder();
                    return true;
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(".part");
        assertThat(own).isEmptyDirectory();
    }

    private void fileInPlaceOfTheFolder() {
        try (Stream<Path> all = Files.list(own)) {
            Path part = all.findFirst().orElseThrow();
            if (Files.isDirectory(part)) {
                OutputFolder.remove(part);
                Files.createFile(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatCannotBeQuantisedIsSaidInOneSentence() {
        assertThatThrownBy(() -> QuantizedFolder.write(eight, own.resolve("x"), Quantization.INT8, done -> true))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("holds weights in few bits already (int8)");
        assertThatThrownBy(() -> QuantizedFolder.write(GOLDEN, own.resolve("x"), Quantization.int4(32), done -> true))
                .hasMessageContaining("rows of 48 weights, which are no whole number of groups of 32");
        assertThatThrownBy(() -> VisionLanguageModel.open(GOLDEN, F32.withWeights(Quantization.int4(64))))
                .hasMessageContaining("no whole number of groups of 64");
        assertThatThrownBy(() -> VisionLanguageModel.open(eight, F32.withWeights(Quantization.int4(32))))
                .hasMessageContaining("holds weights as int8, which cannot be made int4:group=32");
        assertThat(own).isEmptyDirectory();
    }

    @Test
    void aConfigurationThatSaysOtherwiseIsRefused() {
        refused(eight, config -> config.remove("quantization_config"), "but config.json has no quantization_config");
        ObjectNode ofFour = QuantizationConfig.write(Quantization.int4(32));
        refused(eight, config -> config.set("quantization_config", ofFour), "but config.json says that they are int4");
        ObjectNode ofEight = QuantizationConfig.write(Quantization.INT8);
        refused(GOLDEN, config -> config.set("quantization_config", ofEight), "holds no weights in few bits");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"quant_method\": \"compressed-tensors\"}",
                "{\"quant_method\": \"compressed-tensors\", \"format\": \"float-quantized\", \"config_groups\": {\"a\": {\"weights\": {\"num_bits\": 8, \"type\": \"float\"}}}}",
                "{\"quant_method\": \"compressed-tensors\", \"format\": \"pack-quantized\", \"config_groups\": {\"a\": {\"weights\": {\"num_bits\": 4, \"type\": \"int\", \"symmetric\": true, \"strategy\": \"group\", \"group_size\": 48}}}}",
                "{\"quant_method\": \"compressed-tensors\", \"format\": \"int-quantized\", \"config_groups\": {\"a\": {\"weights\": {\"num_bits\": 8, \"type\": \"int\", \"symmetric\": false, \"strategy\": \"channel\"}}}}",
                "{\"quant_method\": \"compressed-tensors\", \"format\": 7, \"config_groups\": [3]}"
            })
    void otherFormsOfTheSameLibraryAreNamed(String said) throws IOException {
        JsonNode node = new ObjectMapper().readTree(said);
        refused(eight, config -> config.set("quantization_config", node), "describes weights that Fovea does not open");
    }

    @Test
    void tensorsThatDoNotFitAreNamed() {
        damaged(eight, t -> t.remove(MAP + ".weight_scale"), "lacks tensor", "q_proj.weight_scale");
        damaged(
                eight,
                t -> t.put(MAP + ".weight_scale", Tensors.zeros(DType.F32, 47, 1)),
                "q_proj.weight_scale",
                "has shape [47, 1]");
        damaged(
                eight,
                t -> t.put(MAP + ".weight_scale", Tensors.zeros(DType.I32, 48, 1)),
                "scales are numbers in 16 or 32 bits");
        damaged(eight, t -> t.put(MAP + ".weight", Tensors.zeros(DType.I8, 48, 40)), "has shape [48, 40]");
        String packed = firstPacked();
        String stem = packed.substring(0, packed.length() - ".weight_packed".length());
        damaged(four, t -> t.remove(stem + ".weight_scale"), "there is no weight_scale beside it");
        damaged(
                four,
                t -> t.put(stem + ".weight_shape", Tensors.of(new long[] {1, 2}, 2)),
                "its weight_shape is [1, 2]");
        damaged(
                four,
                t -> t.put(stem + ".weight_scale", Tensors.zeros(DType.BF16, 256, 3)),
                "need one scale for every 32, 64 or 128");
        damaged(four, t -> t.put(packed, Tensors.zeros(DType.F32, 256, 32)), "codes of four bits lie in i32");
    }

    private static String firstPacked() {
        try (Checkpoint checkpoint = Checkpoint.open(four)) {
            return checkpoint.names().stream()
                    .filter(name -> name.endsWith("q_proj.weight_packed"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void refused(Path from, Consumer<ObjectNode> change, String expected) {
        Path folder = copy(from);
        try {
            Path file = folder.resolve("config.json");
            ObjectNode config = (ObjectNode) new ObjectMapper().readTree(file.toFile());
            change.accept(config);
            new ObjectMapper().writeValue(file.toFile(), config);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThatThrownBy(() -> VisionLanguageModel.open(folder, F32).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(expected);
    }

    private void damaged(Path from, Consumer<Map<String, Tensor>> change, String... expected) {
        Path folder = copy(from);
        try (Checkpoint checkpoint = Checkpoint.open(from);
                Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            checkpoint.names().forEach(name -> tensors.put(name, checkpoint.tensor(name)));
            change.accept(tensors);
            SafeTensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
        }
        assertThatThrownBy(() -> VisionLanguageModel.open(folder, F32).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(expected);
    }

    /** The files of a folder without those of folders in it. */
    private Path copy(Path from) {
        try (Stream<Path> files = Files.list(from)) {
            Path folder = Files.createTempDirectory(own, "copy");
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
            return folder;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
