package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.Region;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One prompt that is read again and again, under other plans, to see what its next token hangs on. The pictures go through
 * the encoder once; the model is the plain one, and answers greedily.
 *
 * <p>Prompts are read one at a time, so that two readings differ in what their plans do and not in how they were batched.
 * Owns native memory until {@link #close()}. Not for use by several threads at once.
 */
public final class PromptProbe implements AutoCloseable {
    private final Asking asking;
    private final Asking.Job job;
    private final List<EncodedImage> encoded;
    private final float[] logits;
    private final Answer answer;
    private final PromptTokens tokens;

    /**
     * Encodes, reads and answers.
     *
     * @param instruction what is said behind the question without being part of it, or null
     */
    PromptProbe(Asking asking, List<RgbImage> images, String question, @Nullable String instruction, int maxTokens) {
        this.asking = asking;
        AskOptions options = AskOptions.defaults().withMaxTokens(maxTokens);
        String text = question.strip();
        if (text.isEmpty()) {
            throw new IllegalArgumentException("The question is empty; ask something.");
        }
        List<Shown> shown = asking.prepare(images);
        this.job = asking.job(
                List.of(Asking.user(shown, instruction == null ? text : text + "\n" + instruction.strip())),
                shown,
                text,
                options);
        this.encoded = new ArrayList<>();
        try {
            encoded.addAll(asking.encode(List.of(job), 0));
            try (PromptState state = read(PlanRun.plain(), maxTokens)) {
                this.logits = state.logits().clone();
                this.tokens = PromptTokens.of(
                        job.ids(),
                        state.places(),
                        state.inLedger(),
                        asking.engine().model()::isPlaceholder,
                        asking.tokenizer(),
                        text);
                int held = state.held();
                GenerationOptions generation = options.generation();
                Generated generated = asking.generator()
                        .generate(List.of(state), generation, List.of(options.listener()))
                        .getFirst();
                this.answer = asking.answer(job, state, held, generated, new Timings(0, 0, 0));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Layers of the language model. */
    public int layers() {
        return asking.shape().decoderLayers();
    }

    /** Who stands where in the prompt. */
    public PromptTokens tokens() {
        return tokens;
    }

    /** The plain model's greedy answer; nothing was measured of the time it took. */
    public Answer answer() {
        return answer;
    }

    /** Logits of the plain model's first token of an answer: {@code [vocabulary]}. */
    public float[] logits() {
        return logits.clone();
    }

    /** The text of a token of an answer, blanks included; a special token as it is spelled. */
    public String text(int token) {
        String plain = asking.tokenizer().decode(token);
        return plain.isEmpty() ? asking.tokenizer().piece(token) : plain;
    }

    /**
     * The token that an answer of this text would begin with, written behind a blank where the model's own answer is.
     *
     * @return -1 if the text has no tokens
     */
    public int firstToken(String text) {
        int own = answer.tokens().isEmpty() ? -1 : answer.tokens().getFirst().id();
        int plain = beginning(text);
        boolean behindBlank = own >= 0 && beginning(answer.text()) != own && beginning(" " + answer.text()) == own;
        return behindBlank ? beginning(" " + text) : plain;
    }

    private int beginning(String text) {
        int[] ids = asking.tokenizer().encodeText(text, false);
        return ids.length == 0 ? -1 : ids[0];
    }

    /**
     * Logits of the first token of an answer, read under a plan that acts inside the language model: {@code [vocabulary]}.
     *
     * @throws IllegalArgumentException with one sentence if the plan does not fit the model, or a step fails
     */
    public float[] logits(Plan plan) {
        PlanCheck.check(plan, asking.shape());
        if (plan.steps().stream().anyMatch(s -> Planning.beforeLanguageModel(s.station()))) {
            throw new IllegalArgumentException(
                    "Plan '" + plan.technique()
                            + "' acts before the language model, but the pictures of a probe are encoded once and kept as they are.");
        }
        return asking.gate().during(() -> {
            try (PromptState state = read(PlanRun.of(plan, PlanRun.Question.none(), null), 0)) {
                return state.logits().clone();
            }
        });
    }

    /**
     * How fast the log-odds of a first token rise when groups of tokens look harder at each of the others, by layer: see {@link PathEngine#attentionSlopes}. Needs the memory of a pass with gradients.
     *
     * @param queries places of the groups
     * @return {@code [layers][groups][tokens of the prompt]}
     */
    public float[][][] attentionSlopes(int token, List<int[]> queries) {
        return asking.gate().during(() -> asking.engine().attentionSlopes(prompt(PlanRun.plain(), 0), token, queries));
    }

    /**
     * The places of visual tokens that show something of some boxes: at least one whole pixel of the picture as the model
     * takes it lies inside of one.
     *
     * @param picture index of the picture
     * @param boxes in pixels of the picture as it was given
     */
    public int[] showing(int picture, List<Region> boxes) {
        Ledger ledger = answer.ledger();
        return IntStream.range(0, tokens.length())
                .filter(place -> {
                    int at = tokens.ledger()[place];
                    return at >= 0
                            && boxes.stream()
                                    .anyMatch(
                                            box -> shows(ledger, ledger.tokens().get(at), picture, box));
                })
                .toArray();
    }

    private boolean shows(Ledger ledger, Ledger.Token token, int picture, Region box) {
        return ledger.images().get(token.image()).picture() == picture
                && shows(token, answer.geometry().get(token.image()), tokenPixels(), box);
    }

    /**
     * Whether a whole pixel of what a token shows lies inside of a box.
     *
     * @param geometry of the token's image
     * @param side of the square of prepared pixels that it shows
     */
    static boolean shows(Ledger.Token token, Geometry geometry, int side, Region box) {
        return token.row() >= 0
                && IntStream.range(token.col() * side, (token.col() + 1) * side)
                        .anyMatch(
                                x -> within(geometry.originalX(x), geometry.originalX(x + 1), box.left(), box.right()))
                && IntStream.range(token.row() * side, (token.row() + 1) * side)
                        .anyMatch(
                                y -> within(geometry.originalY(y), geometry.originalY(y + 1), box.top(), box.bottom()));
    }

    /** Up to what rounding moves a pixel's edge by. */
    private static boolean within(double from, double to, double low, double high) {
        return from >= low - 1e-6 && to <= high + 1e-6;
    }

    /** Side of the square of prepared pixels that a visual token stands for. */
    public int tokenPixels() {
        return asking.shape().tokenPixels();
    }

    private PromptState read(PlanRun run, int room) {
        return asking.engine().prefill(List.of(prompt(run, room))).getFirst();
    }

    private PathEngine.Prompt prompt(PlanRun run, int room) {
        return new PathEngine.Prompt(
                "", job.ids(), job.slots(), encoded, run, Collections.nCopies(encoded.size(), PlanRun.plain()), room);
    }

    @Override
    public void close() {
        encoded.forEach(EncodedImage::close);
        encoded.clear();
    }
}
