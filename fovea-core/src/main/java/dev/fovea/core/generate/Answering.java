package dev.fovea.core.generate;

import dev.fovea.core.engine.PromptState;
import dev.fovea.core.path.Wording;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One answer in the making: chooses its tokens from the logits of its prompt's state, turns them into text, and knows
 * when it has ended. Whoever runs it feeds the chosen tokens to the engine. Not for use by several threads at once.
 */
public final class Answering {
    private final PromptState state;
    private final GenerationOptions options;
    private final GenerationListener listener;
    private final Set<Integer> endTokens;
    private final int contextLength;
    private final Sampler sampler;
    private final StreamingDetokenizer detokenizer;
    private final StopStrings stops;
    private final @Nullable Constraint constraint;
    private final StringBuilder text = new StringBuilder();
    private final List<Generated.Token> tokens = new ArrayList<>();
    private final List<float[]> attention = new ArrayList<>();
    private final @Nullable Thinking thinking;
    private @Nullable FinishReason finish;
    private int last = -1;
    private int choices;

    /**
     * @param state a prompt that has been read; it moves on with the answer
     * @param decoder text of token ids, without special tokens
     * @param endTokens any of these ends the answer
     * @param vocabulary words of the model's own: what its plan adds stands behind them
     * @param contextLength most tokens that the model reads
     */
    Answering(
            PromptState state,
            GenerationOptions options,
            GenerationListener listener,
            Function<int[], String> decoder,
            Set<Integer> endTokens,
            int vocabulary,
            int contextLength) {
        this.state = state;
        this.options = options;
        this.listener = listener;
        this.endTokens = endTokens;
        this.contextLength = contextLength;
        this.sampler = new Sampler(options.sampling(), state.ids());
        this.detokenizer = new StreamingDetokenizer(decoder);
        this.stops = new StopStrings(options.stop());
        Grammar grammar = options.grammar();
        this.constraint = grammar == null ? null : grammar.begin();
        Wording wording = state.wording();
        this.thinking = wording == null ? null : new Thinking(wording, vocabulary, decoder);
    }

    /** The prompt that is being answered. */
    public PromptState state() {
        return state;
    }

    /** Whether no further token comes. */
    public boolean ended() {
        return finish != null;
    }

    /** Tokens of the answer chosen so far, without those of a thought. */
    public int tokens() {
        return tokens.size();
    }

    /** Whether a token ends the answer. */
    boolean ends(int token) {
        return endTokens.contains(token);
    }

    /** Tokens chosen so far, those of a thought and the end included. */
    int choices() {
        return choices;
    }

    /** How many tokens there is room for behind the one that was chosen last and the one that follows it. */
    int room() {
        return Math.min(options.maxTokens() - tokens.size() - 1, contextLength - state.length() - 1);
    }

    /** The token that was chosen last, which the engine has not read yet. */
    public int lastToken() {
        return last;
    }

    /**
     * Chooses the next token, or ends the answer.
     *
     * @throws IllegalStateException if the logits are not numbers, or no token of the vocabulary goes on with the form
     */
    public void choose() {
        choose(null);
    }

    /**
     * The same where a draft has guessed what comes next.
     *
     * @return whether the token that was chosen is the guess
     */
    boolean choose(@Nullable Proposal guess) {
        if (listener.cancelled()) {
            finish = FinishReason.CANCELLED;
            return false;
        }
        Thinking silent = thinking;
        if (silent != null) {
            silent.read(state.finalState());
        }
        Constraint form = silent != null && silent.inside() ? null : constraint;
        if (form != null && form.mustEnd()) {
            finish = FinishReason.END;
            return false;
        }
        float[] logits = state.logits();
        Sampler.Choice choice = sampler.next(logits, form == null ? logits : allowed(form, logits), guess);
        last = choice.token();
        choices++;
        take(choice, logits, form);
        return guess != null && last == guess.token();
    }

    /** Takes a token: it ends the answer, or is part of it or of a thought. */
    private void take(Sampler.Choice choice, float[] logits, @Nullable Constraint form) {
        Thinking silent = thinking;
        if (ends(last)) {
            finish = FinishReason.END;
            return;
        }
        switch (silent == null ? Thinking.Fate.SAID : silent.accept(last)) {
            case SAID -> say(choice, logits, form);
            case SILENT -> endIfTooLong(silent != null && silent.tooLong());
            case LAST -> finish = FinishReason.END;
        }
    }

    /** Takes a token that is part of the answer. */
    private void say(Sampler.Choice choice, float[] logits, @Nullable Constraint form) {
        if (form != null) {
            form.accept(choice.token());
        }
        Generated.Token token = new Generated.Token(choice.token(), choice.logProbability(), likeliest(logits));
        tokens.add(token);
        float[] looked = tokens.size() > Generated.MOST_WATCHED ? null : state.attention();
        if (looked != null) {
            attention.add(looked);
        }
        listener.onToken(token);
        hand(stops.accept(detokenizer.accept(choice.token())));
        if (stops.stopped()) {
            finish = FinishReason.STOP_STRING;
        } else if (form != null && form.mustEnd()) {
            finish = FinishReason.END;
        } else {
            endIfTooLong(tokens.size() == options.maxTokens());
        }
    }

    private void endIfTooLong(boolean tooLong) {
        if (tooLong) {
            finish = FinishReason.MAX_TOKENS;
        } else if (state.length() >= contextLength) {
            finish = FinishReason.CONTEXT;
        }
    }

    /** The likeliest tokens of the model's own vocabulary. */
    private List<Sampler.Choice> likeliest(float[] logits) {
        Thinking silent = thinking;
        int wanted = options.likeliest();
        if (silent == null || wanted == 0) {
            return Sampler.likeliest(logits, wanted);
        }
        return Sampler.likeliest(logits, wanted + logits.length - silent.first()).stream()
                .filter(choice -> choice.token() < silent.first())
                .limit(wanted)
                .toList();
    }

    private float[] allowed(Constraint form, float[] logits) {
        float[] allowed = logits.clone();
        form.forbid(allowed);
        if (form.mayEnd()) {
            endTokens.stream().filter(id -> id < logits.length).forEach(id -> allowed[id] = logits[id]);
        }
        int opens = thinking == null ? -1 : thinking.mayOpen();
        if (opens >= 0) {
            allowed[opens] = logits[opens];
        }
        for (float v : allowed) {
            if (v != Float.NEGATIVE_INFINITY) {
                return allowed;
            }
        }
        throw new IllegalStateException("No token of this model's vocabulary goes on with the form that was asked for");
    }

    /** The answer, once it has ended or is not wanted any longer. */
    public Generated result() {
        return result(null);
    }

    /** @param speculation what guessing did for it, or null */
    Generated result(@Nullable Speculation speculation) {
        hand(stops.accept(detokenizer.finish()));
        hand(stops.finish());
        FinishReason reason = finish == null ? FinishReason.CANCELLED : finish;
        Thought thought = thinking == null ? null : thinking.thought();
        return new Generated(text.toString(), tokens, reason, attention, thought, speculation);
    }

    private void hand(String given) {
        // What stands between a thought and the answer is no part of either.
        String piece = thinking != null && text.isEmpty() ? given.stripLeading() : given;
        if (!piece.isEmpty()) {
            text.append(piece);
            listener.onText(piece);
        }
    }
}
