package dev.fovea.core.generate;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.language.DecoderOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Continues prompts token by token, all of them in one pass per token; a prompt whose answer has ended leaves the
 * batch. Safe for use by several threads.
 */
public final class Generator {
    private final PathEngine engine;
    private final Function<int[], String> decoder;
    private final Set<Integer> endTokens;

    /**
     * @param decoder text of token ids, without special tokens
     * @param endTokens any of these ends an answer
     */
    public Generator(PathEngine engine, Function<int[], String> decoder, Set<Integer> endTokens) {
        this.engine = engine;
        this.decoder = decoder;
        this.endTokens = Set.copyOf(endTokens);
    }

    /** The beginning of an answer to a prompt that has been read. */
    public Answering begin(PromptState state, GenerationOptions options, GenerationListener listener) {
        DecoderOptions model = engine.model().decoder().options();
        return new Answering(state, options, listener, decoder, endTokens, model.vocabulary(), model.contextLength());
    }

    /**
     * Continues a prompt until its answer ends, with guesses at what comes next that are checked several at a time. The
     * answer is the one that it has without.
     *
     * @param state a prompt that was read with its states kept ({@link dev.fovea.core.engine.PlanRun#following()}); it moves
     *     on with its answer
     * @throws IllegalArgumentException with one sentence if the plan decides about logits, or the draft has another
     *     vocabulary
     */
    public Generated generate(PromptState state, GenerationOptions options, GenerationListener listener, Draft draft) {
        Answering answering = begin(state, options, listener);
        try (Speculating speculating = new Speculating(engine, answering, draft, options.sampling())) {
            return speculating.toTheEnd();
        }
    }

    /** Feeds the last token of each answer to the engine, all together; none of them has ended. */
    public void advance(List<Answering> answers) {
        engine.answer(
                answers.stream().map(Answering::state).toList(),
                answers.stream().map(a -> new int[] {a.lastToken()}).toList());
    }

    /**
     * Continues every prompt until its answer ends.
     *
     * @param states prompts that have been read; they move on with their answers
     * @param options the same for all
     * @param listeners one for each prompt
     */
    public List<Generated> generate(
            List<PromptState> states, GenerationOptions options, List<? extends GenerationListener> listeners) {
        List<Answering> all = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            all.add(begin(states.get(i), options, listeners.get(i)));
        }
        List<Answering> active = new ArrayList<>(all);
        while (true) {
            active.forEach(Answering::choose);
            active.removeIf(Answering::ended);
            if (active.isEmpty()) {
                return all.stream().map(Answering::result).toList();
            }
            advance(active);
        }
    }
}
