package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoding, resizing and preparing give what PIL and the public processor give. */
class GoldenPicturesTest {
    /** JPEG decoders may round a sample differently; nothing else may differ at all. */
    private static int tolerance(String picture) {
        return GoldenImages.lossless(picture) ? 0 : 1;
    }

    static Stream<String> pictures() {
        return GoldenImages.pictures();
    }

    static Stream<Arguments> resizes() {
        return GoldenImages.index()
                .path("resizes")
                .propertyStream()
                .flatMap(e -> e.getValue()
                        .valueStream()
                        .map(s -> Arguments.of(
                                e.getKey(), s.get(0).asInt(), s.get(1).asInt())));
    }

    static Stream<Arguments> configurations() {
        return GoldenImages.index()
                .path("configurations")
                .propertyStream()
                .flatMap(e ->
                        e.getValue().path("pictures").valueStream().map(p -> Arguments.of(e.getKey(), p.asText())));
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void decodesAsPilDoes(String name) {
        RgbImage image = GoldenImages.picture(name).image();
        JsonNode size = GoldenImages.index().path("pictures").path(name).path("size");
        assertThat(image.width()).isEqualTo(size.get(0).asInt());
        assertThat(image.height()).isEqualTo(size.get(1).asInt());
        if (GoldenImages.has("decoded", "rgb." + name)) {
            GoldenImages.Golden golden = GoldenImages.tensor("decoded", "rgb." + name);
            assertThat(GoldenImages.largestDifference(image.rgb(), golden.values()))
                    .isLessThanOrEqualTo(tolerance(name));
        }
    }

    @ParameterizedTest
    @MethodSource("resizes")
    void resizesToTheSameBytes(String name, int width, int height) {
        RgbImage resized = Resizer.resize(GoldenImages.picture(name).image(), width, height, Resampling.BICUBIC);
        GoldenImages.Golden golden = GoldenImages.tensor("resized", name + "." + width + "x" + height);
        assertThat(GoldenImages.largestDifference(resized.rgb(), golden.values()))
                .isLessThanOrEqualTo(tolerance(name));
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void preparesAsTheProcessorDoes(String configuration, String name) {
        JsonNode json =
                GoldenImages.index().path("configurations").path(configuration).path("preprocessor_config");
        ImageProcessor processor = new ImageProcessor(ImageProcessorConfig.of(new ProcessorFile(json, configuration)));
        PreparedImage prepared = processor.prepare(GoldenImages.picture(name).image());
        GoldenImages.Golden golden = GoldenImages.tensor(configuration, name);
        assertThat(golden.shape()).containsExactly(3, prepared.height(), prepared.width());
        float step = stepOfOneLevel(processor.config());
        float allowed = tolerance(name) * step * 1.001f + 1e-5f * step;
        float largest = 0;
        for (int i = 0; i < golden.values().length; i++) {
            largest = Math.max(largest, Math.abs(prepared.pixels()[i] - golden.values()[i]));
        }
        assertThat(largest).as("%s of %s", configuration, name).isLessThanOrEqualTo(allowed);
    }

    /** How far apart two neighbouring byte values lie once prepared. */
    private static float stepOfOneLevel(ImageProcessorConfig config) {
        double step = config.rescale() ? config.rescaleFactor() : 1;
        return (float) (config.normalize() ? step / config.std().getFirst() : step);
    }
}
