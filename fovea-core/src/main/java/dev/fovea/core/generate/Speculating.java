package dev.fovea.core.generate;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.draft.Guessing;
import dev.fovea.core.draft.Reading;
import dev.fovea.core.draft.Target;
import dev.fovea.core.engine.FinalStates;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * One answer, decoded speculatively (Leviathan et al. 2023, arXiv 2211.17192, algorithm 1): a draft guesses some tokens, the
 * model reads them in one pass behind the token that was chosen last, and the answer takes them as long as it would have
 * chosen them anyway. The greedy answer is what it is without guesses; a sampled one has the same distribution.
 */
final class Speculating implements AutoCloseable {
    private final PathEngine engine;
    private final Answering answering;
    private final Draft draft;
    private final Guessing guessing;
    private final Sampler drawing;
    private int heard;
    private int passes;
    private int guessed;
    private int accepted;
    private long draftNanos;

    /**
     * @param answering an answer whose first token has not been chosen yet
     * @param sampling of the answer
     */
    Speculating(PathEngine engine, Answering answering, Draft draft, SamplingOptions sampling) {
        this.engine = engine;
        this.answering = answering;
        this.draft = draft;
        this.guessing = draft.begin(Target.of(engine.model().decoder()));
        // Guesses are drawn from chances of their own, and what was seen is not held against them.
        this.drawing = new Sampler(sampling.withRepetitionPenalty(1).withSeed(~sampling.seed()));
    }

    /** Decodes the answer to its end. */
    Generated toTheEnd() {
        answering.choose();
        while (!answering.ended()) {
            check(propose());
        }
        // The first token was chosen from what the prompt had brought.
        int tokens = Math.max(0, answering.choices() - 1);
        return answering.result(new Speculation(passes, tokens, guessed, accepted, draftNanos / 1e6));
    }

    /** Guesses the tokens behind the one that was chosen last. */
    private List<Proposal> propose() {
        int most = Math.min(draft.most(), answering.room());
        List<Proposal> proposals = new ArrayList<>();
        if (most > 0) {
            long start = System.nanoTime();
            hear();
            guessing.guess(most, logits -> {
                requireVocabulary(logits.length);
                Proposal next = drawing.guess(logits);
                proposals.add(next);
                return next.token();
            });
            draftNanos += System.nanoTime() - start;
        }
        return proposals;
    }

    private void requireVocabulary(int words) {
        int own = engine.model().decoder().options().vocabulary();
        if (words != own) {
            throw new IllegalArgumentException("The draft guesses among " + words + " tokens, but this model has " + own
                    + ": a draft must have the vocabulary of the model that it guesses for; train one for this model.");
        }
    }

    /** Tells the draft what the model has read since. */
    private void hear() {
        PromptState state = answering.state();
        FinalStates known = state.finalStates();
        if (known == null) {
            throw new IllegalStateException("The states of this prompt were not kept");
        }
        int[] sources = known.sources(heard);
        int[] ids = state.ids();
        int[] own = Arrays.stream(sources).map(i -> ids[i]).toArray();
        int[] pictures = Arrays.stream(sources)
                .map(i -> state.isPicture(i) ? i : Reading.WORD)
                .toArray();
        try (Scope ignored = Scope.inference()) {
            Tensor states = Tensors.of(known.states(heard), sources.length, known.width());
            guessing.read(new Reading(states, own, pictures), answering.lastToken());
        }
        heard = known.count();
    }

    /** Has the model read the guesses, and takes those that the answer would have had anyway. */
    private void check(List<Proposal> proposals) {
        int[] read = read(proposals);
        PromptState state = answering.state();
        engine.guess(state, read);
        passes++;
        guessed += Math.min(proposals.size(), read.length);
        int row = -1;
        boolean right;
        do {
            row++;
            state.look(row);
            Proposal guess = row < proposals.size() ? proposals.get(row) : null;
            right = answering.choose(guess);
            accepted += right ? 1 : 0;
        } while (right && !answering.ended() && row + 1 < read.length);
        state.keep(row + 1);
    }

    /** What the model reads: the token that was chosen last, and the guesses. Nothing is asked behind the end of an answer. */
    private int[] read(List<Proposal> proposals) {
        IntStream guesses = proposals.stream().mapToInt(Proposal::token).takeWhile(token -> !answering.ends(token));
        return IntStream.concat(IntStream.of(answering.lastToken()), guesses).toArray();
    }

    @Override
    public void close() {
        guessing.close();
    }
}
