package dev.fovea.core.generate;

import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PromptState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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

    /** One answer in the making. */
    private final class Answering {
        final PromptState state;
        final GenerationOptions options;
        final GenerationListener listener;
        final Sampler sampler;
        final StreamingDetokenizer detokenizer = new StreamingDetokenizer(decoder);
        final StopStrings stops;
        final StringBuilder text = new StringBuilder();
        final List<Generated.Token> tokens = new ArrayList<>();

        @Nullable
        FinishReason finish;

        Answering(PromptState state, GenerationOptions options, GenerationListener listener) {
            this.state = state;
            this.options = options;
            this.listener = listener;
            this.sampler = new Sampler(options.sampling(), state.ids());
            this.stops = new StopStrings(options.stop());
        }

        /** Chooses the next token; sets {@link #finish} if it is the last. */
        void choose() {
            if (listener.cancelled()) {
                finish = FinishReason.CANCELLED;
                return;
            }
            Sampler.Choice choice = sampler.next(state.logits());
            if (endTokens.contains(choice.token())) {
                finish = FinishReason.END;
                return;
            }
            tokens.add(new Generated.Token(choice.token(), choice.logProbability()));
            hand(stops.accept(detokenizer.accept(choice.token())));
            if (stops.stopped()) {
                finish = FinishReason.STOP_STRING;
            } else if (tokens.size() == options.maxTokens()) {
                finish = FinishReason.MAX_TOKENS;
            } else if (state.length() >= engine.model().decoder().options().contextLength()) {
                finish = FinishReason.CONTEXT;
            }
        }

        Generated result() {
            hand(stops.accept(detokenizer.finish()));
            hand(stops.finish());
            FinishReason reason = finish == null ? FinishReason.CANCELLED : finish;
            return new Generated(text.toString(), tokens, reason);
        }

        private void hand(String piece) {
            if (!piece.isEmpty()) {
                text.append(piece);
                listener.onText(piece);
            }
        }
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
            all.add(new Answering(states.get(i), options, listeners.get(i)));
        }
        List<Answering> active = new ArrayList<>(all);
        while (true) {
            active.forEach(Answering::choose);
            active.removeIf(a -> a.finish != null);
            if (active.isEmpty()) {
                return all.stream().map(Answering::result).toList();
            }
            engine.extend(
                    active.stream().map(a -> a.state).toList(),
                    active.stream()
                            .map(a -> new int[] {a.tokens.getLast().id()})
                            .toList());
        }
    }
}
