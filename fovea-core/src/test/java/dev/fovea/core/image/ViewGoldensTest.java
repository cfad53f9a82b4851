package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.path.Part;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Views of pictures are what the published processors of Qwen2-VL to Qwen3-VL, Idefics3, SmolVLM and Gemma 3 give, to the last bit. */
class ViewGoldensTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({
        "qwen2-5-vl, wide",
        "qwen2-5-vl, tall",
        "qwen2-5-vl, small",
        "qwen2-5-vl, large",
        "qwen2-5-vl-flat, wide",
        "qwen2-5-vl-flat, tall",
        "qwen2-5-vl-flat, small",
        "qwen2-5-vl-flat, large",
        "qwen2-vl, tall",
        "qwen2-vl-flat, large",
        "qwen3-vl, wide",
        "qwen3-vl, tall",
        "qwen3-vl, small",
        "qwen3-vl, large",
        "qwen3-vl-first, wide",
        "qwen3-vl-first, tall",
        "qwen3-vl-first, small",
        "qwen3-vl-first, large",
    })
    void dynamicResolution(String model, String name) {
        PictureProcessor processor = QwenPictureProcessor.read(GOLDEN.resolve(model));
        RgbImage picture = picture(model, name);
        PreparedPicture prepared = processor.preparePicture(picture);
        PreparedImage view = prepared.views().getFirst();

        assertThat(prepared.views()).hasSize(1);
        assertThat(processor.views(picture.width(), picture.height()))
                .containsExactly(new ViewSize(view.height(), view.width(), new Part.Whole()));
        GoldenImages.Golden golden =
                GoldenImages.tensor(GOLDEN.resolve(model), "golden.safetensors", "picture." + name + ".pixel_values");
        assertThat(patches(view, model.startsWith("qwen3") ? 16 : 14, 2)).isEqualTo(golden.values());
    }

    /** Bounds that hold for all frames together, by the published rule. */
    @Test
    void framesOfAWholeVideo() throws IOException {
        JsonNode cases = new ObjectMapper()
                .readTree(GOLDEN.resolve("qwen3-vl/golden.json").toFile())
                .path("film_sizes");
        assertThat(cases).hasSizeGreaterThan(4);
        for (JsonNode c : cases) {
            DynamicSize sizes = new DynamicSize(
                    32, c.path("min_pixels").asLong(), c.path("max_pixels").asLong());
            assertThat(sizes.ofVideo(
                            c.path("width").asInt(),
                            c.path("height").asInt(),
                            c.path("frames").asInt(),
                            2))
                    .as(c.toString())
                    .isEqualTo(new DynamicSize.Size(
                            c.path("resized").path(0).asInt(),
                            c.path("resized").path(1).asInt()));
        }
    }

    @Test
    void aVideoIsMomentsOfTwoFrames() {
        Path folder = GOLDEN.resolve("qwen2-5-vl");
        List<RgbImage> frames = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            frames.add(new PictureReader()
                    .read(folder.resolve("frames/" + i + ".png"))
                    .image());
        }
        // The goldens' frames have their final size; the published bounds for videos would enlarge them.
        PictureProcessor processor = QwenPictureProcessor.read(folderWith("""
                {"image_processor_type": "Qwen2VLImageProcessor", "do_resize": false}
                """));
        PreparedPicture prepared = processor.prepareVideo(frames, 2);
        assertThat(prepared.views())
                .extracting(PreparedImage::part)
                .containsExactly(new Part.Frame(0, 1.0, 0.25), new Part.Frame(1, 1.0, 1.25));
        float[] golden = GoldenImages.tensor(folder, "frames.safetensors", "pixel_values")
                .values();
        float[] first = patches(prepared.views().get(0), 14, 2);
        float[] second = patches(prepared.views().get(1), 14, 2);
        assertThat(first).isEqualTo(Arrays.copyOfRange(golden, 0, first.length));
        assertThat(second).isEqualTo(Arrays.copyOfRange(golden, first.length, golden.length));
    }

    @Test
    void anOddVideoRepeatsItsLastFrame() {
        PictureProcessor processor = QwenPictureProcessor.read(GOLDEN.resolve("qwen2-5-vl"));
        List<RgbImage> frames = List.of(
                RgbImage.filled(84, 56, 1, 2, 3), RgbImage.filled(84, 56, 4, 5, 6), RgbImage.filled(84, 56, 7, 8, 9));
        PreparedPicture prepared = processor.prepareVideo(frames, 1);
        assertThat(prepared.views()).hasSize(2);
        float[] last = prepared.views().get(1).bytes();
        assertThat(last[0]).isEqualTo(7f);
        assertThat(last[last.length / 6]).isEqualTo(7f);
    }

    @ParameterizedTest
    @CsvSource({
        "idefics3, wide, 3, 3",
        "idefics3, tall, 3, 2",
        "idefics3, strip, 1, 3",
        "smolvlm, wide, 3, 3",
        "smolvlm, tall, 3, 2",
        "smolvlm, strip, 1, 3",
        "gemma3, wide, 0, 0",
        "gemma3, strip, 0, 0",
        "gemma3-pas, wide, 1, 2",
        "gemma3-pas, tall, 2, 1",
        "gemma3-pas, strip, 1, 3",
    })
    void tilesWithAnOverview(String model, String name, int rows, int columns) {
        PictureProcessor processor = model.startsWith("gemma3")
                ? PanAndScanProcessor.read(GOLDEN.resolve(model))
                : TilingPictureProcessor.read(GOLDEN.resolve(model));
        RgbImage picture = picture(model, name);
        PreparedPicture prepared = processor.preparePicture(picture);

        assertThat(prepared.tileRows()).isEqualTo(rows);
        assertThat(prepared.tileColumns()).isEqualTo(columns);
        assertThat(processor.views(picture.width(), picture.height()))
                .containsExactlyElementsOf(prepared.views().stream()
                        .map(v -> new ViewSize(v.height(), v.width(), v.part()))
                        .toList());
        float[] golden = GoldenImages.tensor(
                        GOLDEN.resolve(model), "golden.safetensors", "picture." + name + ".pixel_values")
                .values();
        int from = 0;
        for (PreparedImage view : prepared.views()) {
            float[] pixels = view.pixels();
            assertThat(pixels).as("%s", view.part()).isEqualTo(Arrays.copyOfRange(golden, from, from + pixels.length));
            from += pixels.length;
        }
        assertThat(from).isEqualTo(golden.length);
    }

    @Test
    void cropsLieWhereTheyWereCut() {
        PreparedPicture prepared = PanAndScanProcessor.read(GOLDEN.resolve("gemma3-pas"))
                .preparePicture(RgbImage.filled(101, 33, 0, 0, 0));
        assertThat(prepared.views())
                .extracting(PreparedImage::part)
                .containsExactly(new Part.Overview(), new Part.Tile(0, 0), new Part.Tile(0, 1), new Part.Tile(0, 2));
        Region last = prepared.views().getLast().geometry().toOriginal(new Region(0, 0, 84, 84));
        assertThat(last.left()).isCloseTo(68, within(1e-9));
        assertThat(last.right()).isCloseTo(101, within(1e-9));
        assertThat(last.bottom()).isCloseTo(33, within(1e-9));
    }

    @Test
    void tilesLieWhereTheyWereCut() {
        PreparedPicture prepared = TilingPictureProcessor.read(GOLDEN.resolve("idefics3"))
                .preparePicture(RgbImage.filled(84, 56, 0, 0, 0));
        assertThat(prepared.tileColumns()).isEqualTo(3);
        Region tile = prepared.views().get(1).geometry().toOriginal(new Region(0, 0, 56, 56));
        assertThat(tile.left()).isCloseTo(28, within(1e-9));
        assertThat(tile.right()).isCloseTo(56, within(1e-9));
        Region overview = prepared.views().getLast().geometry().toOriginal(new Region(0, 0, 56, 56));
        assertThat(overview.right()).isCloseTo(84, within(1e-9));
        assertThat(overview.bottom()).isCloseTo(56, within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({"qwen2-5-vl", "idefics3"})
    void viewsOfAnotherSizeShowTheSamePart(String model) {
        PictureProcessor processor = model.startsWith("qwen")
                ? QwenPictureProcessor.read(GOLDEN.resolve(model))
                : TilingPictureProcessor.read(GOLDEN.resolve(model));
        RgbImage picture = picture(model, "wide");
        for (PreparedImage view : processor.preparePicture(picture).views()) {
            PreparedImage small = processor.prepareView(picture, view.part(), 28, 28);
            assertThat(small.width()).isEqualTo(28);
            assertThat(small.geometry()).isEqualTo(processor.geometry(view.geometry(), 28, 28));
            Region before = view.geometry().toOriginal(new Region(0, 0, view.width(), view.height()));
            Region after = small.geometry().toOriginal(new Region(0, 0, 28, 28));
            assertThat(after.left()).isCloseTo(before.left(), within(1e-9));
            assertThat(after.bottom()).isCloseTo(before.bottom(), within(1e-9));
            assertThat(mean(small)).as("%s", view.part()).isCloseTo(mean(view), within(8.0));
        }
    }

    private static double mean(PreparedImage view) {
        double sum = 0;
        for (float value : view.bytes()) {
            sum += value;
        }
        return sum / view.bytes().length;
    }

    @Test
    void aPictureIsNotCutWhereTheFileSaysSo() {
        Path folder = folderWith("""
                {"image_processor_type": "Idefics3ImageProcessor", "do_image_splitting": false,
                 "size": {"longest_edge": 112}, "max_image_size": {"longest_edge": 56}}
                """);
        PreparedPicture prepared =
                TilingPictureProcessor.read(folder).preparePicture(RgbImage.filled(300, 100, 9, 9, 9));
        assertThat(prepared.views()).hasSize(1);
        assertThat(prepared.views().getFirst().part()).isEqualTo(new Part.Whole());
        assertThat(prepared.views().getFirst().width()).isEqualTo(56);
    }

    @Test
    void anotherModelsProcessorIsRefused() {
        Path folder = folderWith("{\"image_processor_type\": \"CLIPImageProcessor\"}");
        assertThatThrownBy(() -> QwenPictureProcessor.read(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith(
                        "preprocessor_config.json asks for the image processor CLIPImageProcessor, but the "
                                + "model wants Qwen's; take the file that the model was published with");
        assertThatThrownBy(() -> TilingPictureProcessor.read(folder)).hasMessageContaining("Idefics3 or SmolVLM");
    }

    @Test
    void boundsThatExcludeEachOtherAreRefused() {
        Path folder = folderWith("{\"min_pixels\": 5000, \"max_pixels\": 4000}");
        assertThatThrownBy(() -> QwenPictureProcessor.read(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith(
                        "asks for pictures of 5000 to 4000 pixels in multiples of 28, which do not exist");
    }

    private Path folderWith(String preprocessor) {
        try {
            Files.writeString(dir.resolve("preprocessor_config.json"), preprocessor);
            return dir;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static RgbImage picture(String model, String name) {
        return new PictureReader()
                .read(GOLDEN.resolve(model).resolve("images/" + name + ".png"))
                .image();
    }

    /** {@code [patches, channels * frames, side, side]}, the patches of a token side by side. */
    private static float[] patches(PreparedImage view, int side, int merge) {
        int planes = view.planes();
        int width = view.width();
        float[] out = new float[view.pixels().length];
        int at = 0;
        for (int tokenY = 0; tokenY < view.height(); tokenY += side * merge) {
            for (int tokenX = 0; tokenX < width; tokenX += side * merge) {
                for (int patch = 0; patch < merge * merge; patch++) {
                    int top = tokenY + patch / merge * side;
                    int left = tokenX + patch % merge * side;
                    for (int plane = 0; plane < planes; plane++) {
                        for (int y = 0; y < side; y++) {
                            int from = (plane * view.height() + top + y) * width + left;
                            System.arraycopy(view.pixels(), from, out, at, side);
                            at += side;
                        }
                    }
                }
            }
        }
        return out;
    }
}
