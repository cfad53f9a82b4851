package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pictures whose size a step decides about, from the file to the overlay. */
class ResizedPicturesTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/llava-mha");
    private static final VisionLanguageModel MODEL = VisionLanguageModel.open(FOLDER);
    private static final int PATCH = MODEL.shape().patchSize();
    private static final RgbImage WIDE =
            new PictureReader().read(FOLDER.resolve("images/wide.png")).image();
    private static final RgbImage TALL =
            new PictureReader().read(FOLDER.resolve("images/tall.png")).image();

    /** Two by three patches, from whatever size there is; with the question, if it is to be looked at. */
    private static AskOptions small(List<float[]> sizes, Signal<?>... more) {
        List<Signal<?>> needs = new ArrayList<>(List.of(more));
        needs.add(new Signal.PictureSize());
        Step step = new Step(new Station.Framing(), needs, s -> {
            sizes.add(s.get(new Signal.PictureSize()));
            return Outcome.of(new Decision.Resize(2, 3));
        });
        return AskOptions.defaults().withMaxTokens(4).withPlan(Plan.of("small", step));
    }

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    @Test
    void theAnswersGeometryIsThatOfTheSmallGrid() {
        List<float[]> sizes = new ArrayList<>();
        Answer answer = MODEL.ask(List.of(WIDE, TALL), "Is there a heart?", small(sizes));
        assertThat(sizes.get(0)).containsExactly(WIDE.width(), WIDE.height());
        assertThat(sizes.get(1)).containsExactly(TALL.width(), TALL.height());
        Ledger ledger = answer.ledger();
        Ledger.Grid small = new Ledger.Grid(2, 3);
        assertThat(ledger.images()).containsExactly(small, small.inPicture(1));
        assertThat(ledger.kept()).isEqualTo(12);
        assertThat(ledger.plainTotal()).isEqualTo(32);
        List<Geometry> plain =
                MODEL.ask(List.of(WIDE, TALL), "Is there a heart?").geometry();
        for (int i = 0; i < 2; i++) {
            Geometry g = answer.geometry().get(i);
            assertThat(g.width()).isEqualTo(3 * PATCH);
            assertThat(g.height()).isEqualTo(2 * PATCH);
            // The corners of what is seen are where they were, to within the rounding of whole pixels.
            assertThat(g.originalX(0)).isCloseTo(plain.get(i).originalX(0), near(g.scaleX()));
            assertThat(g.originalX(g.width()))
                    .isCloseTo(plain.get(i).originalX(plain.get(i).width()), near(g.scaleX()));
            assertThat(g.originalY(0)).isCloseTo(plain.get(i).originalY(0), near(g.scaleY()));
        }
        Overlay.draw(WIDE, answer.geometry().getFirst(), PATCH, ledger, 0, Overlay.Style.TOKENS);
    }

    private static org.assertj.core.data.Offset<Double> near(double pixel) {
        return org.assertj.core.data.Offset.offset(pixel);
    }

    @Test
    void conversationsAndViewingsAnswerAsASingleQuestionDoes() {
        for (Signal<?>[] needs : new Signal<?>[][] {{}, {new Signal.QuestionTokensMean()}}) {
            AskOptions options = small(new ArrayList<>(), needs);
            Answer once = MODEL.ask(List.of(WIDE), "And the ring?", options);
            assertThat(ids(once))
                    .isNotEqualTo(ids(MODEL.ask(List.of(WIDE), "And the ring?", options.withPlan(Plan.plain()))));
            try (Viewing view = MODEL.view(List.of(WIDE), options)) {
                view.ask("Is there a heart?");
                assertThat(ids(view.ask("And the ring?"))).isEqualTo(ids(once));
            }
            for (Conversation.Policy policy : Conversation.Policy.values()) {
                try (Conversation talk = MODEL.converse(options, policy)) {
                    assertThat(ids(talk.ask(List.of(WIDE), "And the ring?"))).isEqualTo(ids(once));
                    Answer more = talk.ask(List.of(TALL), "And here?");
                    assertThat(more.ledger().images())
                            .containsExactly(new Ledger.Grid(2, 3), new Ledger.Grid(2, 3).inPicture(1));
                    assertThat(more.geometry()).allMatch(g -> g.width() == 3 * PATCH);
                }
            }
        }
    }
}
