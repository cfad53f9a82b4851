package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Matrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DualEncoderTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/clip");

    @Test
    void picturesAndTextsFitAsInTransformers() throws IOException {
        JsonNode golden =
                new ObjectMapper().readTree(FOLDER.resolve("golden.json").toFile());
        List<RgbImage> pictures = Stream.of("wide", "tall")
                .map(name -> new PictureReader()
                        .read(FOLDER.resolve("images/" + name + ".png"))
                        .image())
                .toList();
        List<String> texts =
                golden.path("texts").valueStream().map(JsonNode::asText).toList();
        try (DualEncoder clip = DualEncoder.open(FOLDER)) {
            Matrix fit = clip.similarity(pictures, texts);
            for (int i = 0; i < 2; i++) {
                for (int t = 0; t < texts.size(); t++) {
                    assertThat((double) fit.get(i, t))
                            .isCloseTo(
                                    golden.at("/logits_per_image/" + i + "/" + t)
                                            .asDouble(),
                                    within(1e-3));
                }
            }
            // Longer than the tower reads: cut, with the end of text kept.
            assertThat(clip.embedTexts(List.of("star ".repeat(200))).cols()).isEqualTo(24);
            assertThatThrownBy(() -> clip.embedTexts(List.of())).hasMessage("Give at least one text.");
        }
    }

    @Test
    void aTowerOfAnotherEncoderIsRefused() {
        Path llava = Path.of("src/test/resources/golden/llava-mha");
        assertThatThrownBy(() ->
                        VisionLanguageModel.open(llava, OpenOptions.defaults().withTextTower(FOLDER)))
                .hasMessageContaining("takes 40 channels, but the encoder of this model has 32");
        assertThatThrownBy(() -> DualEncoder.open(llava)).hasMessageContaining("'model_type' is 'llava'");
    }
}
