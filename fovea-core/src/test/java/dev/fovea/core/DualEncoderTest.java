package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.engine.ContrastiveEngine;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Adaptation;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
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
    void aPlainPlanIsThePlainModelToTheBit() {
        RgbImage picture =
                new PictureReader().read(FOLDER.resolve("images/wide.png")).image();
        List<String> texts = List.of("a red star", "a blue ring");
        try (DualEncoder clip = DualEncoder.open(FOLDER)) {
            Plan plan = clip.plan(Techniques.of(List.of()), List.of(), Budget.full());
            ContrastiveEngine.Seen seen = clip.see(picture, plan, Adaptation.none());
            assertThat(seen.embedding())
                    .containsExactly(clip.embedImages(List.of(picture)).data());
            assertThat(clip.logits(seen.embedding(), clip.embedTexts(texts)))
                    .containsExactly(clip.similarity(List.of(picture), texts).data());
            assertThat(seen.trajectory().rows()).isEqualTo(3);
            assertThat(seen.trajectory().cols()).isEqualTo(40);
            assertThat(seen.ledger().kept()).isEqualTo(16);
            assertThat(seen.ledger().encoderTokens()).containsExactly(16, 16, 16);
        }
    }

    @Test
    void whatActsBehindTheEncoderIsRefused() {
        Techniques techniques = Techniques.of(List.of(
                technique("inside", "encoder", new Station.EncoderOutput(0)),
                technique("behind", "connector", new Station.Connector()),
                technique("beyond", "encoder", new Station.Connector())));
        try (DualEncoder clip = DualEncoder.open(FOLDER)) {
            assertThat(clip.plan(techniques, List.of("inside"), Budget.full()).steps())
                    .hasSize(1);
            assertThatThrownBy(() -> clip.plan(techniques, List.of("behind"), Budget.full()))
                    .hasMessage("Technique 'behind' acts behind the encoder (connector), where a dual encoder ends; use"
                            + " one that acts inside it: beyond, inside.");
            assertThatThrownBy(() -> clip.plan(techniques, List.of("beyond"), Budget.full()))
                    .hasMessageContaining("acts at connector, but this model ends with its encoder");
        }
    }

    private static Technique technique(String id, String stations, Station station) {
        Card card = Card.of("""
                id        %s
                title     Nothing
                summary   Does nothing.
                stations  %s
                budget    Not read.
                full      acts
                """.formatted(id, stations));
        return new Technique() {
            @Override
            public Card card() {
                return card;
            }

            @Override
            public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
                return List.of(new Step(station, List.of(), s -> Outcome.of(new Decision.Unchanged())));
            }
        };
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
