package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Canvases of tiles against the processors of LLaVA-NeXT and LLaVA-OneVision. */
class AnyResolutionTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir
    Path folder;

    private static AnyResolutionProcessor processor(String model) {
        Path at = GOLDEN.resolve(model);
        return model.startsWith("llava-next")
                ? AnyResolutionProcessor.next(at, 56, 14)
                : AnyResolutionProcessor.oneVision(at, 57, 14, 2);
    }

    private static RgbImage picture(String model, String name) {
        return new PictureReader()
                .read(GOLDEN.resolve(model).resolve("images/" + name + ".png"))
                .image();
    }

    @ParameterizedTest
    @CsvSource({
        "llava-next, wide", "llava-next, tall", "llava-next, strip", "llava-next, square",
        "llava-next-mistral, wide", "llava-onevision, wide", "llava-onevision, tall", "llava-onevision, strip",
        "llava-onevision, square", "llava-onevision-tied, strip",
    })
    void pixelsAreThoseOfTheProcessor(String model, String name) throws IOException {
        AnyResolutionProcessor processor = processor(model);
        RgbImage picture = picture(model, name);
        PreparedPicture prepared = processor.preparePicture(picture);
        assertThat(processor.views(picture.width(), picture.height()))
                .containsExactlyElementsOf(
                        prepared.views().stream().map(PreparedImage::size).toList());
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
    void severalPicturesAreSquares() {
        AnyResolutionProcessor processor = processor("llava-onevision");
        List<RgbImage> two = List.of(picture("llava-onevision", "wide"), picture("llava-onevision", "tall"));
        assertThat(processor.preparePictures(two))
                .allSatisfy(p -> assertThat(p.views())
                        .singleElement()
                        .satisfies(v -> assertThat(v.part()).isEqualTo(new Part.Whole())));
        assertThat(processor.preparePictures(two.subList(0, 1)).getFirst().views())
                .hasSizeGreaterThan(1);
        assertThat(processor.looksAtAll()).isTrue();
    }

    /** As many tokens as the two processors count, at the published sizes of tiles and canvases. */
    @Test
    void countsOfManySizes() throws IOException {
        Files.writeString(folder.resolve("preprocessor_config.json"), "{}");
        List<AnyResolutionProcessor> processors = List.of(
                AnyResolutionProcessor.next(folder, 336, 14), AnyResolutionProcessor.oneVision(folder, 384, 14, 9));
        JsonNode rows = new ObjectMapper()
                .readTree(GOLDEN.resolve("any-resolution.json").toFile());
        assertThat(rows.size()).isGreaterThan(200);
        for (JsonNode row : rows) {
            for (int i = 0; i < 2; i++) {
                int width = row.get(0).asInt();
                int height = row.get(1).asInt();
                AnyResolutionProcessor processor = processors.get(i);
                int side = i == 0 ? 24 : 27;
                int more = row.get(2 + i).asInt() - side * side;
                List<ViewSize> views;
                try {
                    views = processor.views(width, height);
                } catch (PictureException e) {
                    // The reference shows nothing but ends of rows.
                    assertThat(e).hasMessageContaining("so elongated");
                    assertThat(more % side).isZero();
                    assertThat(more).isLessThanOrEqualTo(6 * side);
                    continue;
                }
                int tokens = 0;
                int lines = 0;
                for (ViewSize view : views) {
                    tokens += view.height() / 14 * (view.width() / 14);
                    boolean first = view.part() instanceof Part.Tile tile
                            && views.stream()
                                    .map(ViewSize::part)
                                    .filter(Part.Tile.class::isInstance)
                                    .map(Part.Tile.class::cast)
                                    .noneMatch(t -> t.row() == tile.row() && t.column() < tile.column());
                    lines += first ? view.height() / 14 : 0;
                }
                assertThat(tokens + lines)
                        .as("%s", row)
                        .isEqualTo(row.get(2 + i).asInt());
            }
        }
    }

    /** The tokens of a row of tiles lie beside each other on the picture and reach from edge to edge. */
    @ParameterizedTest
    @CsvSource({"llava-next, wide", "llava-next, tall", "llava-onevision, wide", "llava-onevision, square"})
    void tokensLieWhereTheyWereCut(String model, String name) {
        RgbImage picture = picture(model, name);
        List<PreparedImage> tiles =
                new ArrayList<>(processor(model).preparePicture(picture).views());
        tiles.removeFirst();
        double right = 0;
        double bottom = 0;
        double left = picture.width();
        for (PreparedImage tile : tiles) {
            Region own = tile.geometry()
                    .toOriginal(
                            new Region(0, 0, tile.size().width(), tile.size().height()));
            left = Math.min(left, own.left());
            right = Math.max(right, own.right());
            bottom = Math.max(bottom, own.bottom());
        }
        // A token may show a little padding, or the padding a little of the picture.
        double slack = Math.max(picture.width(), picture.height()) * 0.1;
        assertThat(left).isCloseTo(0, within(slack));
        assertThat(right).isCloseTo(picture.width(), within(slack));
        assertThat(bottom).isCloseTo(picture.height(), within(slack));
    }

    /** Interpolated places are shared out completely: each belongs to one tile. */
    @Test
    void interpolatedTokensBelongToOneTile() throws IOException {
        Files.writeString(folder.resolve("preprocessor_config.json"), "{}");
        AnyResolution cut = new AnyResolution(List.of(new DynamicSize.Size(5 * 384, 4 * 384)), 384, 14, 3);
        AnyResolution.Cut at = cut.of(1900, 1300);
        Seen.Blend first = Objects.requireNonNull(at.views().getFirst().seen().blend());
        boolean[] taken = new boolean[first.totalRows() * first.totalCols()];
        for (AnyResolution.View view : at.views()) {
            Seen.Blend b = Objects.requireNonNull(view.seen().blend());
            for (int r = b.row(); r < b.row() + b.rows(); r++) {
                for (int c = b.col(); c < b.col() + b.cols(); c++) {
                    assertThat(taken[r * b.totalCols() + c]).isFalse();
                    taken[r * b.totalCols() + c] = true;
                }
            }
        }
        assertThat(taken).doesNotContain(false);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'image_processor_type': 'CLIPImageProcessor'} | wants that of LLaVA-NeXT",
                "{'crop_size': {'height': 224, 'width': 224}} | takes pictures of 336x336",
                "{'image_grid_pinpoints': [[336, 500]]} | multiples of the 336 pixels",
                "{'image_grid_pinpoints': [[336]]} | multiples of the 336 pixels",
                "{'image_grid_pinpoints': []} | no image_grid_pinpoints to choose from",
                "{'image_grid_pinpoints': [[-336, 336]]} | between 1 and",
            })
    void processorsThatDoNotFit(String json, String sentence) throws IOException {
        Files.writeString(folder.resolve("preprocessor_config.json"), json.replace('\'', '"'));
        assertThatThrownBy(() -> AnyResolutionProcessor.next(folder, 336, 14))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(sentence)
                .hasMessageContaining("preprocessor_config.json");
    }
}
