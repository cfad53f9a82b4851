package dev.fovea.core.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.NoPictures;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in two GGUF files that llama.cpp's converter wrote; {@code reference/gguf_converted.py} made the goldens. */
class GgufPicturesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gguf-converted");
    private static final Path OTHER = Path.of("src/test/resources/golden/gguf-models/llama.gguf");
    private static final OpenOptions F32 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);

    @TempDir
    Path dir;

    private Path text = Path.of("");

    @BeforeEach
    void modelWithoutPictures() throws IOException {
        text = Files.copy(GOLDEN.resolve("llava/model.gguf"), dir.resolve("model.gguf"));
    }

    /** The vocabulary, the template, the processor and the weights of both files together. */
    @ParameterizedTest
    @ValueSource(strings = {"llava", "qwen2-vl", "qwen2-5-vl", "qwen3-vl", "smolvlm", "gemma3", "internvl"})
    void answersAsTheFolderThatTheFilesWereMadeOf(String name) throws IOException {
        try (VisionLanguageModel model =
                VisionLanguageModel.open(GOLDEN.resolve(name).resolve("model.gguf"), F32)) {
            assertThat(model.notes()).containsExactly("pictures are seen through mmproj.gguf, which lies beside it");
            assertAnswers(model, name, "one_image", List.of(picture(name, "wide")));
            assertAnswers(model, name, "two_images", List.of(picture(name, "tall"), picture(name, "wide")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen2-vl", "qwen3-vl", "gemma3", "gemma2", "llama3"})
    void withoutPicturesAFileIsALanguageModel(String name) throws IOException {
        Path alone = Files.copy(GOLDEN.resolve(name).resolve("model.gguf"), dir.resolve("alone.gguf"));
        try (VisionLanguageModel model = VisionLanguageModel.open(alone, F32)) {
            assertThat(model.notes()).isEmpty();
            assertThat(model.shape().hasVision()).isFalse();
            assertAnswers(model, name, "text_only", List.of());
            RgbImage picture = RgbImage.filled(20, 20, 1, 2, 3);
            assertThatThrownBy(() -> model.ask(List.of(picture), "What is this?"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(NoPictures.SENTENCE)
                    .hasMessageContaining("mmproj");
        }
    }

    private static void assertAnswers(VisionLanguageModel model, String name, String prompt, List<RgbImage> pictures)
            throws IOException {
        JsonNode golden = new ObjectMapper()
                .readTree(GOLDEN.resolve(name).resolve("golden.json").toFile())
                .path("prompts")
                .path(prompt);
        List<Integer> expected = new ArrayList<>();
        golden.path("continuation_ids").forEach(id -> expected.add(id.asInt()));
        String question = golden.path("messages")
                .get(0)
                .path("content")
                .findValuesAsText("text")
                .getFirst();
        List<Integer> answered =
                model.ask(pictures, question, AskOptions.defaults().withMaxTokens(expected.size())).tokens().stream()
                        .map(Generated.Token::id)
                        .toList();
        assertThat(answered).as(prompt).isEqualTo(expected.subList(0, answered.size()));
        assertThat(answered).as(prompt).isNotEmpty();
    }

    private static RgbImage picture(String name, String picture) {
        return new PictureReader()
                .read(GOLDEN.resolve(name).resolve("images/" + picture + ".png"))
                .image();
    }

    /** No file of a Vicuna has the token that stands for a picture: it is one that nothing ever looks up. */
    @Test
    void aVocabularyWithoutAPlaceholderGetsOne() throws IOException {
        Path model = replaced(GOLDEN.resolve("llava/model.gguf"), "<image>", "<imagE>");
        try (VisionLanguageModel opened =
                VisionLanguageModel.open(model, F32.withPictures(GOLDEN.resolve("llava/mmproj.gguf")))) {
            assertThat(opened.notes()).isEmpty();
            assertAnswers(opened, "llava", "one_image", List.of(picture("llava", "wide")));
        }
    }

    @Test
    void theFileThatWasNamedIsTakenAndTheOnlyOneBesideItFound() throws IOException {
        Path named = GOLDEN.resolve("llava/mmproj.gguf");
        try (VisionLanguageModel model = VisionLanguageModel.open(text, F32.withPictures(named))) {
            assertThat(model.shape().hasVision()).isTrue();
            assertThat(model.notes()).isEmpty();
        }
        Files.copy(named, dir.resolve("MMPROJ-model-f16.GGUF"));
        assertThat(notes()).containsExactly("pictures are seen through MMPROJ-model-f16.GGUF, which lies beside it");
        Files.copy(named, dir.resolve("mmproj-model-f32.gguf"));
        assertThat(notes().getLast())
                .isEqualTo("2 files beside it begin with mmproj, and none was named, so it reads text alone");
    }

    @Test
    void oneOfAnotherModelIsNotUsedUnlessItIsNamed() throws IOException {
        Files.copy(GOLDEN.resolve("gemma3/mmproj.gguf"), dir.resolve("mmproj.gguf"));
        assertThat(notes().getLast())
                .startsWith("mmproj.gguf beside it is not used, so it reads text alone: ")
                .contains("another kind of language model (gemma3) than the llama in");
        refused(text, dir.resolve("mmproj.gguf"), "another kind of language model (gemma3) than the llama in " + text);
        Path llava = GOLDEN.resolve("llava/mmproj.gguf");
        refused(OTHER, llava, llava + " makes tokens of 32 channels, but the language model in " + OTHER + " takes 64");
    }

    private List<String> notes() {
        try (VisionLanguageModel model = VisionLanguageModel.open(text, F32)) {
            return model.notes();
        }
    }

    @Test
    void filesInEachOthersPlacesAreNamed() {
        Path pictures = GOLDEN.resolve("llava/mmproj.gguf");
        refused(pictures, null, "holds what makes pictures tokens of a language model, and no language model");
        refused(text, OTHER, "holds a language model of architecture 'llama', and nothing that makes pictures");
        refused(text, dir.resolve("none.gguf"), "none.gguf cannot be read: ");
        Path folder = Path.of("src/test/resources/golden/llava-mha");
        refused(folder, pictures, folder + " is no GGUF file, and " + pictures + " goes with one alone");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "llava | mlp | mlq | by a connector of the kind 'mlq', which Fovea does not open from GGUF",
                "llava | clip.vision.patch_size | clip.vision.patch_sizE | does not say 'clip.vision.patch_size'",
                "llava | clip.vision.image_mean | clip.vision.image_meaN | does not say 'clip.vision.image_mean'",
                "llava | v.blk.0.ln1.weight | v.blk.0.lnX.weight | 'v.blk.0.lnX.weight', which has no part",
                "llava | mm.0.weight | mm.9.weight | 'mm.9.weight', which has no part",
                "qwen3-vl | v.deepstack.2.fc1 | v.deepstack.1.fc1 | 'v.deepstack.1.fc1.",
                "qwen2-5-vl | clip.vision.n_wa_pattern | clip.vision.n_wa_patterN | does not say 'clip.vision.n_wa_pattern'",
            })
    void whatIsMissingOrUnknownIsNamed(String name, String from, String to, String said) throws IOException {
        refused(
                GOLDEN.resolve(name).resolve("model.gguf"),
                replaced(GOLDEN.resolve(name).resolve("mmproj.gguf"), from, to),
                said);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "llava | attention.head_count | 0 | 'vision_config.num_attention_heads' must be a whole number above 0",
                "llava | attention.head_count | 5 | 'vision_config.num_attention_heads' must be a divisor",
                "llava | image_size | 0 | 'vision_config.image_size' must be a whole number above 0",
                "llava | image_size | -1 | should be a whole number from 0 to 2147483647",
                "llava | image_size | 56 | 'v.position_embd.weight'",
                "llava | patch_size | 0 | 'vision_config.patch_size' must be a whole number above 0",
                "llava | block_count | 2000000000 | should be a number of blocks from 1 to 16384",
                "llava | block_count | 4 | mmproj.gguf lacks tensor 'vision.layers.2.",
                "llava | embedding_length | 48 | has shape [16, 16], but the description in the file asks for [48, 48]",
                "qwen2-5-vl | n_wa_pattern | 0 | 'clip.vision.n_wa_pattern' should be above 0",
                "qwen3-vl | spatial_merge_size | 0 | 'clip.vision.spatial_merge_size' should be above 0",
                "smolvlm | projector.scale_factor | 0 | 'clip.vision.projector.scale_factor' should be above 0",
                "smolvlm | projector.scale_factor | 3 | 'scale_factor' must be a divisor of the 4 patches",
                "gemma3 | patch_size | 56 | 'mm_tokens_per_image' must be a whole number above 0",
                "internvl | projector.scale_factor | 2000000000 | 'downsample_ratio' must be",
            })
    void numbersThatNoModelHasAreRefused(String name, String key, int value, String said) throws IOException {
        Path pictures = GOLDEN.resolve(name).resolve("mmproj.gguf");
        refused(GOLDEN.resolve(name).resolve("model.gguf"), with(pictures, "clip.vision." + key, value), said);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "llava | attention.head_count | 0 | 0 heads do not share",
                "llava | attention.head_count | 2000000000 | 2000000000 heads do not share",
                "gemma3 | attention.head_count | 0 | 'text_config.num_attention_heads' must be a whole number above 0",
                "qwen2-vl | block_count | 2000000000 | 'text_config.num_hidden_layers' must be at most",
                "qwen2-vl | embedding_length | 48 | makes tokens of 32 channels, but the language model in",
                "llama3 | attention.key_length | 2000000000 | 'rope_freqs.weight' holds 4 numbers, not one for each of the",
            })
    void soAreThoseOfALanguageModel(String name, String key, int value, String said) throws IOException {
        Path file = GOLDEN.resolve(name).resolve("model.gguf");
        Path pictures = GOLDEN.resolve(name).resolve("mmproj.gguf");
        String architecture = name.startsWith("qwen2") ? "qwen2vl" : name.startsWith("gemma") ? "gemma3" : "llama";
        refused(with(file, architecture + "." + key, value), Files.exists(pictures) ? pictures : null, said);
    }

    private static void refused(Path model, @Nullable Path pictures, String said) {
        assertThatThrownBy(() -> VisionLanguageModel.open(model, F32.withPictures(pictures))
                        .close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(said)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").doesNotContain("/fovea-"));
    }

    /** A copy with the first occurrence of some letters replaced by as many others. */
    private Path replaced(Path file, String from, String to) throws IOException {
        String whole = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        int at = whole.indexOf(from);
        assertThat(at).as(from).isNotNegative();
        assertThat(to).hasSameSizeAs(from);
        String changed = whole.substring(0, at) + to + whole.substring(at + from.length());
        return Files.write(copy(file), changed.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A copy in which a whole number of 32 bits is another. */
    private Path with(Path file, String key, int value) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        int at = new String(whole, StandardCharsets.ISO_8859_1).indexOf(key);
        assertThat(at).as(key).isNotNegative();
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(at + key.length() + 4, value);
        return Files.write(copy(file), whole);
    }

    private Path copy(Path file) throws IOException {
        return Files.createDirectories(dir.resolve("changed")).resolve(file.getFileName());
    }
}
