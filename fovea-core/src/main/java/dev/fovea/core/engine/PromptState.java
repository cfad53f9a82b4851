package dev.fovea.core.engine;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.LogSumExp;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.Wording;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A prompt that has been read: its caches, the logits of its next token, and what happened to its visual tokens. Owned
 * by whoever asked for it; used by one thread at a time.
 */
public final class PromptState implements AutoCloseable {
    private static final Station LOGITS = new Station.Logits();
    private final Sequence sequence;
    private final Map<Branch, Sequence> companions = new LinkedHashMap<>();
    private final List<Ledger.Reading> probed = new ArrayList<>();
    private final List<EncodedImage> images;
    private final List<List<Decided>> atConnector;
    private final boolean clsIsFeature;
    private final IntPredicate isPlaceholder;
    private int[] ids;
    private int[] places;
    private int answered;
    private int unseen;
    private float[] logits = new float[0];
    private float[] finalState = new float[0];
    private @Nullable FinalStates finalStates;
    private @Nullable Guess guess;

    /**
     * What follows each of some tokens that are only guessed.
     *
     * @param from index of the first of them among all ids
     * @param logits of what follows each
     * @param states of each, behind the final norm
     */
    private record Guess(int from, List<float[]> logits, List<float[]> states) {}

    /**
     * @param ids token ids, with one placeholder per image
     * @param places for each id its place in the sequence, and the place behind them all
     * @param atConnector decisions about each picture at the connector
     */
    PromptState(
            Sequence sequence,
            int[] ids,
            int[] places,
            List<EncodedImage> images,
            List<List<Decided>> atConnector,
            boolean clsIsFeature,
            IntPredicate isPlaceholder) {
        this.sequence = sequence;
        this.ids = ids.clone();
        this.places = places.clone();
        this.images = List.copyOf(images);
        this.atConnector = List.copyOf(atConnector);
        this.clsIsFeature = clsIsFeature;
        this.isPlaceholder = isPlaceholder;
    }

    Sequence sequence() {
        return sequence;
    }

    /** The branches that go along with it. */
    Map<Branch, Sequence> companions() {
        return companions;
    }

    /** Takes a branch along. */
    void accompany(Branch branch, Sequence companion) {
        companions.put(branch, companion);
    }

    /** Remembers for the ledger what was read before it. */
    void tell(Ledger.Reading reading) {
        probed.add(reading);
    }

    /** The tokens read so far, with one placeholder per image. */
    public int[] ids() {
        return ids;
    }

    /**
     * Where the tokens stand in the sequence: for each of {@link #ids()} its first place, and the place behind them all. A
     * placeholder stands for all tokens of its slot.
     */
    public int[] places() {
        return places.clone();
    }

    /**
     * For each place of the prompt as it was laid out, up to its last visual token, which token of the {@link #ledger()}
     * stands there; -1 for words and for what stands between the rows of a picture.
     */
    public int[] inLedger() {
        return sequence.inLedger(clsIsFeature);
    }

    /** Logits of the next token, after the logits steps of the plan: {@code [vocabulary]}. */
    public float[] logits() {
        return logits;
    }

    /** Places of the sequence in use; of guessed tokens those up to the one that is looked at. */
    public int length() {
        return sequence.places() - unseen;
    }

    /** The prompt has been read: its words stand behind what steps inserted. */
    void settle() {
        Arrays.setAll(places, i -> sequence.moved(places[i]));
    }

    /** @param answer whether these are of the answer, not of the prompt */
    void append(int[] more, boolean answer) {
        answered = answer ? answered + more.length : 0;
        int n = ids.length;
        if (finalStates != null) {
            finalStates.nextIs(n);
        }
        int end = sequence.places();
        ids = Arrays.copyOf(ids, n + more.length);
        places = Arrays.copyOf(places, n + more.length + 1);
        for (int i = 0; i < more.length; i++) {
            ids[n + i] = more[i];
            places[n + i] = end + i;
        }
        places[n + more.length] = end + more.length;
    }

    /** How many of these tokens have been read already, in this order from the start. */
    public int common(int[] other) {
        int mismatch = Arrays.mismatch(ids, other);
        return mismatch < 0 ? ids.length : mismatch;
    }

    /** Tokens that the first layer of the language model holds. */
    public int held() {
        return sequence.cache().layer(0).length();
    }

    /** Native memory that its caches take, and what its pictures add beside the model's weights. */
    public long bytes() {
        return sequence.bytes()
                + companions.values().stream().mapToLong(Sequence::bytes).sum();
    }

    /** Forgets all but the first tokens, which must include every picture. */
    public void truncate(int tokens) {
        forget(tokens);
        answered = 0;
    }

    private void forget(int tokens) {
        sequence.truncate(places[tokens]);
        if (finalStates != null) {
            finalStates.truncate(tokens);
        }
        int words = (int)
                Arrays.stream(ids, 0, tokens).filter(isPlaceholder.negate()).count();
        companions.forEach((branch, companion) -> companion.truncate(
                switch (branch) {
                    case Branch.WithoutPictures ignored -> words;
                    case Branch.Unsteered ignored -> places[tokens];
                    case Branch.Masked ignored -> places[tokens];
                    case Branch.Worded ignored ->
                        throw new IllegalStateException("What was asked in other words has other tokens");
                }));
        ids = Arrays.copyOf(ids, tokens);
        places = Arrays.copyOf(places, tokens + 1);
    }

    /** Whether the plan has nothing to decide about logits, so that those of guessed tokens are as they are. */
    public boolean mayGuess() {
        return sequence.book().at(LOGITS).isEmpty() && companions.isEmpty();
    }

    /** Tokens that are only guessed have been read; the first of them is looked at. */
    void guessed(List<float[]> following, List<float[]> states) {
        guess = new Guess(ids.length - following.size(), following, states);
        look(0);
    }

    /**
     * Looks at one of the tokens that were guessed: {@link #logits}, {@link #finalState} and {@link #length} are what they
     * would be if it had been read last.
     *
     * @param guessed which, from 0
     */
    public void look(int guessed) {
        Guess known = pending();
        logits = known.logits.get(guessed);
        finalState = known.states.get(guessed);
        unseen = known.logits.size() - 1 - guessed;
    }

    /**
     * Keeps the first of the tokens that were guessed, and forgets the others: their keys and values leave the caches.
     *
     * @param guessed how many are kept, at least 1
     */
    public void keep(int guessed) {
        Guess known = pending();
        look(guessed - 1);
        guess = null;
        answered -= unseen;
        unseen = 0;
        forget(known.from + guessed);
    }

    private Guess pending() {
        Guess known = guess;
        if (known == null) {
            throw new IllegalStateException("No token of this prompt's answer is a guess");
        }
        return known;
    }

    /** Whether what the last layer makes of every token is to be kept, before anything is read. */
    void gather(boolean wanted) {
        if (wanted) {
            FinalStates fresh = new FinalStates();
            int[] of = new int[places[ids.length]];
            for (int i = 0; i < ids.length; i++) {
                Arrays.fill(of, places[i], places[i + 1], i);
            }
            sequence.gather(fresh, of);
            finalStates = fresh;
        }
    }

    /**
     * What the last layer made of every token that it held; null where it was not asked for
     * ({@link PlanRun#following()}).
     */
    public @Nullable FinalStates finalStates() {
        return finalStates;
    }

    /** Whether a token, by its index among {@link #ids()}, stands for a picture. */
    public boolean isPicture(int id) {
        return isPlaceholder.test(ids[id]);
    }

    /** The last token read, behind the final norm: {@code [width]}. */
    public float[] finalState() {
        return finalState;
    }

    /** The words that its plan adds to the model's vocabulary, behind its own, or null. */
    public @Nullable Wording wording() {
        return sequence.run().wording();
    }

    /** Whether {@link #attention()} is wanted of the tokens that are read from now on. */
    public void watch(boolean wanted) {
        sequence.watch(wanted, clsIsFeature);
    }

    /**
     * How the token that was read last, whose logits these are, looks at the visual tokens: the mean over heads and layers,
     * of a softmax over all tokens, before what a plan does to its scores. One value for each visual token of the ledger;
     * where others were merged into one, it has all. Null where it was not asked for.
     */
    public float @Nullable [] attention() {
        AnswerAttention watched = sequence.watch();
        return watched == null ? null : watched.mean();
    }

    /**
     * Takes new logits through the steps at the logits station.
     *
     * @param ofBranches logits of every branch that was read with it
     * @param late what the head makes of states behind layers
     */
    void deliver(
            float[] own, Map<Sequence, float[]> ofBranches, Map<Signal.LateLogits, float[]> late, float[] lastState) {
        finalState = lastState;
        float[] current = own;
        if (sequence.shows()) {
            List<Step> steps = sequence.book().at(LOGITS);
            for (int i = 0; i < steps.size(); i++) {
                float[] before = current;
                Outcome outcome = sequence.run()
                        .runner()
                        .run(steps.get(i), sequence.name(), i, sequence.layout(), signal -> switch (signal) {
                            case Signal.NextLogits ignored -> before;
                            case Signal.LogProbabilities ignored -> logProbabilities(before);
                            case Signal.BranchLogProbabilities s ->
                                logProbabilities(read(ofBranches, companions.get(s.branch()), s));
                            case Signal.LateLogits s -> read(late, s, s);
                            case Signal.AnswerTokens ignored -> new float[] {answered};
                            default -> DecoderSignals.elsewhere(sequence, signal);
                        });
                if (outcome.decision() instanceof Decision.Replace replace) {
                    if (replace.logits().length != own.length) {
                        throw new IllegalArgumentException("A step at the logits gave " + replace.logits().length
                                + " values for a vocabulary of " + own.length + ".");
                    }
                    current = replace.logits();
                }
            }
        }
        logits = current;
    }

    private static <K> float[] read(Map<K, float[]> known, @Nullable K key, Signal<?> signal) {
        float[] values = key == null ? null : known.get(key);
        if (values == null) {
            throw new IllegalStateException(signal + " has not been read with this token");
        }
        return values;
    }

    /** Log-softmax, summed in f64. */
    static float[] logProbabilities(float[] logits) {
        double log = LogSumExp.of(logits);
        float[] out = new float[logits.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (logits[i] - log);
        }
        return out;
    }

    public Ledger ledger() {
        List<List<Decided>> before = new ArrayList<>();
        int layers =
                images.stream().mapToInt(i -> i.encoderTokens().size()).max().orElse(0);
        int[] encoderTokens = new int[layers];
        for (int i = 0; i < images.size(); i++) {
            List<Decided> all = new ArrayList<>(images.get(i).decided());
            all.addAll(atConnector.get(i));
            before.add(all);
            List<Integer> own = images.get(i).encoderTokens();
            for (int l = 0; l < own.size(); l++) {
                encoderTokens[l] += own.get(l);
            }
        }
        return sequence.ledger(before, Arrays.stream(encoderTokens).boxed().toList(), clsIsFeature)
                .framedFrom(images.stream().map(EncodedImage::unframed).toList())
                .beside(sequence.steered(), branches());
    }

    private List<Ledger.Reading> branches() {
        List<Ledger.Reading> all = new ArrayList<>(probed);
        companions.forEach((branch, s) -> all.add(BranchReading.reading(branch, s, true)));
        return all;
    }

    @Override
    public void close() {
        sequence.close();
        companions.values().forEach(Sequence::close);
    }
}
