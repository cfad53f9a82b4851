package dev.fovea.train.objective;

import dev.fovea.core.path.Wording;
import dev.fovea.core.path.Wording.Group;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.text.WorldTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How questions and answers are written with thoughts (CoVT, arXiv 2511.19418, section 3.4): the words behind a picture.
 *
 * @param wording the further words; null where nobody thinks
 * @param first id of the first of them
 * @param sentences whether a thought names what its groups are about
 * @param encode token ids of a text
 */
public record ThoughtText(@Nullable Wording wording, int first, boolean sentences, Function<String, int[]> encode) {
    private static final Map<String, String> NAMES =
            Map.of("seg", "segmentation", "depth", "depth map", "feature", "perception feature", "edge", "edge map");

    /** One of so many answers of the last stage comes without a thought. */
    private static final int PLAIN = 6;

    /** What stands behind a picture. */
    public enum Form {
        /** Its groups, and then answers as usual. */
        COMPREHENSION,
        /**
         * That question whose answer is the groups. The paper asks it alone; here answers as usual stand beside it, which a
         * small model unlearns otherwise.
         */
        GENERATION,
        /** Answers behind a thought of all groups. */
        REASONING,
        /** Answers behind a thought of some groups or, one in six, none. */
        EFFICIENT,
        /** Answers as usual. */
        PLAIN
    }

    /**
     * A word that is learned.
     *
     * @param at the word before it
     * @param id its own
     * @param answer index of the answer that it is part of; -1 where it is part of none
     * @param response which of the picture's responses it belongs to
     */
    record Target(int at, int id, int answer, int response) {}

    /** A group of a thought, and where its words stand. */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    record Held(String name, int[] at) {}

    /**
     * The words behind one picture.
     *
     * @param words token ids
     * @param branches of each word, 0 where it is common to all
     */
    record Written(List<Integer> words, List<Integer> branches, List<Target> targets, List<Held> held) {
        private void add(int branch, int id) {
            words.add(id);
            branches.add(branch);
        }

        private void learn(int branch, int id, int answer) {
            targets.add(new Target(words.size() - 1, id, answer, branch));
            add(branch, id);
        }
    }

    /** What stands behind a picture of a batch. */
    Written of(AnswerBatch batch, int sample, Form form) {
        Written w = new Written(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        Wording known = wording;
        if (known != null && form == Form.COMPREHENSION) {
            known.groups().forEach(group -> group(w, known, group, 0, false));
        }
        int branch = 0;
        if (known != null && form == Form.GENERATION) {
            generation(w, known, ++branch);
        }
        for (int answer = 0; answer < batch.targets().asked().size(); answer++) {
            AnswerBatch.Place place = batch.place(answer);
            if (place.sample() != sample) {
                continue;
            }
            branch++;
            int of = sample * batch.text();
            for (int i = place.begin(); i <= place.words()[0]; i++) {
                w.add(branch, batch.tokens()[of + i]);
            }
            respond(w, branch, answer, place.ids(), groups(form, batch.number(), answer));
        }
        return w;
    }

    private void generation(Written w, Wording known, int branch) {
        String names = String.join(
                ", ",
                known.groups().stream()
                        .map(g -> NAMES.getOrDefault(g.name(), g.name()))
                        .toList());
        for (int id : encode.apply("What is the " + names + " of the picture?")) {
            w.add(branch, id);
        }
        w.add(branch, WorldTokenizer.ASSISTANT);
        known.groups().forEach(group -> group(w, known, group, branch, true));
        w.learn(branch, WorldTokenizer.EOS, -1);
    }

    /** Which groups an answer's thought has; none without a thought. */
    private List<Group> groups(Form form, long batch, int answer) {
        Wording known = wording;
        if (known == null || form == Form.PLAIN || form == Form.COMPREHENSION || form == Form.GENERATION) {
            return List.of();
        }
        if (form == Form.REASONING) {
            return known.groups();
        }
        SplittableRandom random = new SplittableRandom(batch * 1009 + answer);
        if (random.nextInt(PLAIN) == 0) {
            return List.of();
        }
        int n = known.groups().size();
        int size = 1 + random.nextInt(n);
        int[] order = IntStream.range(0, n).toArray();
        for (int i = 0; i < size; i++) {
            int other = i + random.nextInt(n - i);
            int swap = order[i];
            order[i] = order[other];
            order[other] = swap;
        }
        return Arrays.stream(order, 0, size)
                .sorted()
                .mapToObj(known.groups()::get)
                .toList();
    }

    /** @param ids of the answer, and of what ends it */
    private void respond(Written w, int branch, int answer, int[] ids, List<Group> groups) {
        Wording known = wording;
        if (known == null || groups.isEmpty()) {
            for (int id : ids) {
                w.learn(branch, id, answer);
            }
            return;
        }
        w.learn(branch, first + known.open(), -1);
        for (int g = 0; g < groups.size(); g++) {
            if (sentences) {
                String lead = g == 0 ? " Because" : g == groups.size() - 1 ? ", and" : ",";
                String name =
                        NAMES.getOrDefault(groups.get(g).name(), groups.get(g).name());
                say(w, branch, lead + " the " + name + " of the image is");
            }
            group(w, known, groups.get(g), branch, true);
        }
        if (sentences) {
            say(w, branch, ".");
        }
        w.learn(branch, first + known.close(), -1);
        say(w, branch, "\n");
        w.learn(branch, first + known.answer(), -1);
        for (int i = 0; i < ids.length - 1; i++) {
            w.learn(branch, ids[i], answer);
        }
        w.learn(branch, first + known.end(), answer);
        w.learn(branch, ids[ids.length - 1], -1);
    }

    private void say(Written w, int branch, String text) {
        for (int id : encode.apply(text)) {
            w.learn(branch, id, -1);
        }
    }

    private void group(Written w, Wording known, Group group, int branch, boolean learned) {
        put(w, branch, first + known.begin(), learned);
        int[] at = new int[group.count()];
        for (int i = 0; i < at.length; i++) {
            at[i] = w.words().size();
            put(w, branch, first + group.word(), learned);
        }
        put(w, branch, first + known.finish(), learned);
        w.held().add(new Held(group.name(), at));
    }

    private static void put(Written w, int branch, int id, boolean learned) {
        if (learned) {
            w.learn(branch, id, -1);
        } else {
            w.add(branch, id);
        }
    }
}
