package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Pictures that a step has cut into an overview and tiles, from the file to the overlay. */
class PicturesCutByStepsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Path FOLDER = GOLDEN.resolve("llava-mha");
    private static final VisionLanguageModel MODEL =
            VisionLanguageModel.open(FOLDER, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
    private static final RgbImage WIDE = picture("wide");
    private static final RgbImage TALL = picture("tall");

    private static RgbImage picture(String name) {
        return new PictureReader()
                .read(FOLDER.resolve("images/" + name + ".png"))
                .image();
    }

    /** What steps saw. */
    private record Watched(List<Part> parts, List<float[]> sizes) {}

    /** Wide pictures in a row of two tiles, tall ones in a column of three; watched at the connector. */
    private static AskOptions cutting(Watched watched, Signal<?>... more) {
        List<Signal<?>> needs = new ArrayList<>(List.of(more));
        Signal.PictureSize size = new Signal.PictureSize();
        needs.add(size);
        Step cut = new Step(new Station.Framing(), needs, s -> {
            if (!(s.layout().grids().getFirst().part() instanceof Part.Whole)) {
                return Outcome.of(new Decision.Unchanged());
            }
            float[] picture = s.get(size);
            return Outcome.of(picture[0] > picture[1] ? new Decision.Cut(1, 2) : new Decision.Cut(3, 1));
        });
        Step watch = new Step(new Station.Connector(), List.of(size), s -> {
            watched.parts.add(s.layout().grids().getFirst().part());
            watched.sizes.add(s.get(size));
            return Outcome.of(new Decision.Unchanged());
        });
        return AskOptions.defaults().withMaxTokens(4).withPlan(Plan.of("cutting", cut, watch));
    }

    private static Watched nobody() {
        return new Watched(new ArrayList<>(), new ArrayList<>());
    }

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    private static void same(Answer actual, Answer expected) {
        assertThat(ids(actual)).isEqualTo(ids(expected));
        for (int i = 0; i < expected.tokens().size(); i++) {
            assertThat((double) actual.tokens().get(i).logProbability())
                    .isCloseTo(expected.tokens().get(i).logProbability(), within(1e-4));
        }
    }

    @Test
    void theOverviewComesFirstAndTheTilesRowByRow() {
        Watched watched = nobody();
        Answer answer = MODEL.ask(List.of(WIDE, TALL), "Is there a heart?", cutting(watched));
        assertThat(watched.parts)
                .containsExactly(
                        new Part.Overview(),
                        new Part.Tile(0, 0),
                        new Part.Tile(0, 1),
                        new Part.Overview(),
                        new Part.Tile(0, 0),
                        new Part.Tile(1, 0),
                        new Part.Tile(2, 0));
        // Each knows the size of the picture that it is a part of.
        assertThat(watched.sizes.get(2)).containsExactly(WIDE.width(), WIDE.height());
        assertThat(watched.sizes.get(6)).containsExactly(TALL.width(), TALL.height());
        Ledger ledger = answer.ledger();
        assertThat(ledger.images()).hasSize(7).allMatch(g -> g.tokens() == 16);
        assertThat(ledger.images()).extracting(Ledger.Grid::picture).containsExactly(0, 0, 0, 1, 1, 1, 1);
        assertThat(ledger.kept()).isEqualTo(7 * 16);
        assertThat(ledger.plainTotal()).as("two whole pictures").isEqualTo(32);
        assertThat(ledger.unframed()).extracting(Ledger.Grid::tokens).containsExactly(16, 0, 0, 16, 0, 0, 0);
        // A tile's way back ends in its part of the picture.
        assertThat(answer.geometry().get(2).originalX(0)).isCloseTo(WIDE.width() / 2.0, within(1e-9));
        assertThat(answer.geometry().get(2).originalX(56)).isCloseTo(WIDE.width(), within(1e-9));
        assertThat(answer.geometry().get(6).originalY(0)).isCloseTo(TALL.height() * 2 / 3.0, within(1e-9));
        Overlay.draw(WIDE, answer.geometry().get(1), MODEL.shape().patchSize(), ledger, 1, Overlay.Style.TOKENS);
    }

    /** A single tile and its overview show what the whole picture does. */
    @Test
    void whatTheEncoderSeesOfAPictureOfItsSizeIsThePicture() {
        RgbImage square = square();
        List<float[]> seen = new ArrayList<>();
        Signal.Projected projected = new Signal.Projected();
        Step watch = new Step(new Station.Projector(), List.of(projected), s -> {
            seen.add(s.get(projected).data());
            return Outcome.of(new Decision.Unchanged());
        });
        Step once = new Step(new Station.Framing(), List.of(), s -> {
            boolean whole = s.layout().grids().getFirst().part() instanceof Part.Whole;
            return Outcome.of(whole ? new Decision.Cut(1, 1) : new Decision.Unchanged());
        });
        AskOptions options = AskOptions.defaults().withMaxTokens(1);
        MODEL.ask(List.of(square), "?", options.withPlan(Plan.of("plain", watch)));
        Answer cut = MODEL.ask(List.of(square), "?", options.withPlan(Plan.of("once", once, watch)));
        assertThat(cut.ledger().images()).hasSize(2);
        assertThat(seen).hasSize(3);
        assertThat(seen.get(1)).containsExactly(seen.get(0), within(1e-5f));
        assertThat(seen.get(2)).containsExactly(seen.get(0), within(1e-5f));
    }

    /** Of the size that the encoder takes, so that nothing is resampled. */
    private static RgbImage square() {
        RgbImage square = RgbImage.filled(56, 56, 10, 20, 30);
        for (int i = 0; i < square.rgb().length; i++) {
            square.rgb()[i] = (byte) (i * 37 % 251);
        }
        return square;
    }

    @Test
    void conversationsViewingsAndBatchesAnswerAsASingleQuestionDoes() throws ExecutionException, InterruptedException {
        for (Signal<?>[] needs : new Signal<?>[][] {{}, {new Signal.QuestionTokensMean()}}) {
            AskOptions options = cutting(nobody(), needs);
            Answer once = MODEL.ask(List.of(WIDE), "And the ring?", options);
            assertThat(ids(once))
                    .isNotEqualTo(ids(MODEL.ask(List.of(WIDE), "And the ring?", options.withPlan(Plan.plain()))));
            try (Viewing view = MODEL.view(List.of(WIDE), options)) {
                view.ask("Is there a heart?");
                same(view.ask("And the ring?"), once);
            }
            for (Conversation.Policy policy : Conversation.Policy.values()) {
                try (Conversation talk = MODEL.converse(options, policy)) {
                    same(talk.ask(List.of(WIDE), "And the ring?"), once);
                    Answer more = talk.ask(List.of(TALL), "And here?");
                    assertThat(more.ledger().images()).hasSize(7);
                    talk.use(options.withPlan(Plan.plain()));
                    assertThat(talk.ask("And now?").ledger().images())
                            .as("pictures that nobody cuts any more are whole")
                            .hasSize(2);
                    talk.use(options);
                    assertThatThrownBy(() -> talk.ask("And again?")).hasMessageContaining("show it again");
                }
            }
            List<Answer> together = MODEL.askAll(
                    List.of(
                            new Question(List.of(TALL, WIDE), "Is there a star?"),
                            new Question(List.of(WIDE), "And the ring?"),
                            new Question(List.of(), "And you?")),
                    options);
            same(together.get(1), once);
            assertThat(together.get(0).ledger().images()).hasSize(7);
        }
    }

    /** Views are kept for the next question, and not encoded again. */
    @Test
    void aConversationEncodesTilesOnce() {
        List<Integer> encoded = new ArrayList<>();
        AskOptions options = cutting(nobody());
        Plan plan = Objects.requireNonNull(options.plan());
        List<Step> steps = new ArrayList<>(plan.steps());
        steps.add(1, new Step(new Station.Patches(), List.of(), s -> {
            encoded.add(s.layout().visualCount());
            return Outcome.of(new Decision.Unchanged());
        }));
        try (Conversation talk =
                MODEL.converse(options.withPlan(new Plan("watched", steps, false)), Conversation.Policy.LOOK_AGAIN)) {
            talk.ask(List.of(WIDE), "And the ring?");
            assertThat(encoded).hasSize(3);
            talk.ask("And the heart?");
            assertThat(encoded).hasSize(3);
        }
    }

    /** A budget may count tokens that a picture only has once it is cut. */
    @Test
    void techniquesDivideABudgetOverTheParts() {
        Plan cutting = Objects.requireNonNull(cutting(nobody()).plan());
        AskOptions options = AskOptions.defaults().withMaxTokens(1).withPlan(cutting);
        assertThat(MODEL.ask(List.of(WIDE), "?", options).ledger().kept()).isEqualTo(48);
        assertThatThrownBy(() -> MODEL.ask(
                        List.of(WIDE), "?", AskOptions.defaults().withTechniques(List.of(), Budget.count(20))))
                .hasMessageContaining("A budget");
    }

    @Test
    void modelsThatPrepareTheirPicturesInTheirOwnWaySaySo() {
        for (String name : List.of("qwen2-5-vl", "gemma3", "mistral3")) {
            Path folder = GOLDEN.resolve(name);
            try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
                assertThatThrownBy(() -> model.ask(List.of(WIDE), "Is there a heart?", cutting(nobody())))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("The pictures of this model cannot be cut by a technique");
            }
        }
        // One that cuts its pictures itself leaves nothing to cut.
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN.resolve("idefics3"))) {
            Answer answer = model.ask(List.of(WIDE), "Is there a heart?", cutting(nobody()));
            assertThat(answer.ledger().unframed()).isEqualTo(answer.ledger().images());
        }
    }

    @Test
    void whatCannotBeIsOneSentence() {
        Plan always =
                Plan.of("always", new Step(new Station.Framing(), List.of(), s -> Outcome.of(new Decision.Cut(1, 2))));
        assertThatThrownBy(() ->
                        MODEL.ask(List.of(WIDE), "?", AskOptions.defaults().withPlan(always)))
                .hasMessage("Technique 'always' cuts pictures into tiles, which are not cut again: it met overview.");
        Plan many =
                Plan.of("many", new Step(new Station.Framing(), List.of(), s -> Outcome.of(new Decision.Cut(17, 2))));
        assertThatThrownBy(() ->
                        MODEL.ask(List.of(WIDE), "?", AskOptions.defaults().withPlan(many)))
                .hasMessage("Technique 'many' cut a picture into 17 x 2 tiles, of which there must be none or 1 to 16"
                        + " along each side, at framing.");
    }
}
