package dev.fovea.train.objective;

import dev.fovea.core.draft.Reading;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.FinalStates;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.ModelParts;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.Asked;
import dev.fovea.train.text.WorldTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a model answers by itself, the likeliest token always, with the states that its last layer made of every token.
 *
 * @param model stands still
 * @param most questions about a picture that are answered
 * @param longest answer, in tokens
 */
record OwnAnswers(ModelParts model, int most, int longest) {
    private static final int[] SHOWN = {WorldTokenizer.BOS, WorldTokenizer.USER, WorldTokenizer.IMAGE};
    private static final int PICTURE = 2;

    /**
     * Tokens of which the model has made something, and what follows them.
     *
     * @param ids of the tokens, one for all of a picture
     * @param sources for each state the index of its id
     * @param states {@code [sources, width]}, row after row
     */
    @SuppressWarnings("ArrayRecordComponent") // plain carriers for tensors; never compared
    record Read(int[] ids, int[] sources, float[] states) {
        int count() {
            return sources.length;
        }

        int[] eachId() {
            return Arrays.stream(sources).map(i -> ids[i]).toArray();
        }
    }

    /**
     * An answer behind a picture.
     *
     * @param words of the question and the answer's tokens that were read
     * @param question how many of the words are the question
     * @param end what was chosen behind the last of them
     */
    record Answer(Read words, int question, int end) {
        /** The id that follows a word. */
        int behind(int word) {
            return word + 1 < words.count() ? words.ids()[word + 1] : end;
        }
    }

    /**
     * A picture with all that was asked about it.
     *
     * @param front the beginning of the prompt with the picture
     */
    record Shown(Read front, List<Answer> answers) {
        /** Which tokens of the beginning are of the picture. */
        int[] pictures() {
            return Arrays.stream(front.sources())
                    .map(i -> i == PICTURE ? 0 : Reading.WORD)
                    .toArray();
        }
    }

    /** Everything that a batch asks, its pictures side by side. */
    List<Shown> to(AnswerBatch batch) {
        List<List<int[]>> asked = Asked.of(batch);
        List<EncodedImage> pictures = FrozenEncoder.encode(model, batch, PlanRun.plain());
        PathEngine engine = new PathEngine(model);
        List<PromptState> states = List.of();
        try {
            PlanRun run = PlanRun.plain().following();
            states = engine.prefill(pictures.stream()
                    .map(p -> new PathEngine.Prompt("", SHOWN, List.of(p), run, batch.text() + longest))
                    .toList());
            List<Shown> shown = new ArrayList<>();
            for (PromptState state : states) {
                FinalStates known = finalStates(state);
                shown.add(new Shown(new Read(SHOWN, known.sources(0), known.states(0)), new ArrayList<>()));
            }
            int all = asked.stream().mapToInt(List::size).max().orElse(0);
            for (int q = 0; q < Math.min(all, most); q++) {
                answer(engine, states, asked, q, shown);
            }
            return shown;
        } finally {
            states.forEach(PromptState::close);
            pictures.forEach(EncodedImage::close);
        }
    }

    /** The question of one number about every picture that has so many. */
    private void answer(
            PathEngine engine, List<PromptState> states, List<List<int[]>> asked, int number, List<Shown> into) {
        int[] those = IntStream.range(0, states.size())
                .filter(s -> asked.get(s).size() > number)
                .toArray();
        List<PromptState> own = Arrays.stream(those).mapToObj(states::get).toList();
        List<int[]> questions =
                Arrays.stream(those).mapToObj(s -> asked.get(s).get(number)).toList();
        engine.extend(own, questions);
        int[] ends = toTheirEnds(engine, own, questions);
        for (int i = 0; i < those.length; i++) {
            PromptState state = own.get(i);
            int before = into.get(those[i]).front().count();
            int[] ids = Arrays.copyOfRange(state.ids(), SHOWN.length, state.ids().length);
            int[] sources = Arrays.stream(finalStates(state).sources(before))
                    .map(id -> id - SHOWN.length)
                    .toArray();
            Read words = new Read(ids, sources, finalStates(state).states(before));
            into.get(those[i]).answers().add(new Answer(words, questions.get(i).length, ends[i]));
            state.truncate(SHOWN.length);
        }
    }

    /** Goes on with each until it ends; what was chosen last. */
    private int[] toTheirEnds(PathEngine engine, List<PromptState> states, List<int[]> questions) {
        int[] chosen = new int[states.size()];
        List<Integer> going =
                new ArrayList<>(IntStream.range(0, chosen.length).boxed().toList());
        while (true) {
            going.forEach(i -> chosen[i] = likeliest(states.get(i).logits()));
            going.removeIf(i -> chosen[i] == WorldTokenizer.EOS
                    || states.get(i).ids().length - SHOWN.length - questions.get(i).length >= longest);
            if (going.isEmpty()) {
                return chosen;
            }
            engine.answer(
                    going.stream().map(states::get).toList(),
                    going.stream().map(i -> new int[] {chosen[i]}).toList());
        }
    }

    private static FinalStates finalStates(PromptState state) {
        FinalStates known = state.finalStates();
        if (known == null) {
            throw new IllegalStateException("The states of this prompt were not kept");
        }
        return known;
    }

    private static int likeliest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}
