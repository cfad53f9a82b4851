package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.text.ChatMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Several questions in a row, about pictures that stay in view. Keeps the encoder's features of its pictures, so that a
 * technique that looks at the question can look again and bring a dropped token back.
 *
 * <p>Owns native memory until {@link #close()}. Not for use by several threads at once.
 */
public final class Conversation implements AutoCloseable {

    /** What happens to the pictures when the next question comes. */
    public enum Policy {
        /**
         * The next question goes on from what is left in the caches: cheapest, but what the technique dropped for an
         * earlier question stays dropped.
         */
        REUSE,
        /**
         * A technique that looks at the question decides anew, from the kept features, and the prompt is read again.
         * Where the plan does not look at the question nothing would change, and the caches are reused.
         */
        LOOK_AGAIN
    }

    private final Asking asking;
    private AskOptions options;
    private final Policy policy;
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<Shown> pictures = new ArrayList<>();
    private final List<EncodedImage> encoded = new ArrayList<>();
    private final List<PreparedImage> encodedOf = new ArrayList<>();
    private @Nullable PromptState state;

    Conversation(Asking asking, AskOptions options, Policy policy) {
        this.asking = asking;
        this.options = options;
        this.policy = policy;
        String system = options.system();
        if (system != null) {
            messages.add(ChatMessage.of("system", 0, system));
        }
    }

    /** Everything said so far. */
    public List<ChatMessage> messages() {
        return List.copyOf(messages);
    }

    /**
     * Takes other options from the next question on. The pictures are then looked at anew; what was said stands, and so
     * does what the model was told before it.
     */
    public void use(AskOptions changed) {
        forgetState();
        forgetFeatures();
        options = changed;
    }

    /** Asks about the pictures already shown. */
    public Answer ask(String question) {
        return ask(List.of(), question);
    }

    /**
     * Shows more pictures and asks.
     *
     * @throws IllegalArgumentException with one sentence if the question or the options do not fit the model; what was
     *     said before still stands
     */
    public Answer ask(List<RgbImage> images, String question) {
        return asking.gate().during(() -> answer(images, question));
    }

    private Answer answer(List<RgbImage> images, String question) {
        List<ChatMessage> said = new ArrayList<>(messages);
        List<Shown> more = asking.prepare(images, options);
        said.add(Asking.user(more, question));
        List<Shown> shown = shown(images, more);
        Asking.Job job = asking.job(said, shown, question, options);

        long start = System.nanoTime();
        encodeMissing(job);
        long seen = System.nanoTime();
        PromptState current = read(job);
        try {
            int held = current.held();
            long read = System.nanoTime();
            Generated text = asking.generated(current, options);
            Timings timings =
                    new Timings(Asking.ms(start, seen), Asking.ms(seen, read), Asking.ms(read, System.nanoTime()));
            Answer answer = asking.answer(job, current, held, text, timings);
            pictures.clear();
            boolean frames = Plans.frames(job.plan()) || asking.processor().looksAtAll();
            job.pictures().forEach(picture -> pictures.add(frames ? picture : picture.withoutOriginal()));
            messages.clear();
            messages.addAll(said);
            messages.add(ChatMessage.of("assistant", 0, answer.text()));
            return answer;
        } catch (RuntimeException e) {
            forgetState();
            throw e;
        }
    }

    /** What was shown so far and these; all pictures anew where what else is shown changes how each looks. */
    private List<Shown> shown(List<RgbImage> images, List<Shown> more) {
        List<Shown> shown = new ArrayList<>(pictures);
        shown.addAll(more);
        if (more.isEmpty() || more.getFirst().isVideo() || !asking.processor().looksAtAll()) {
            return shown;
        }
        List<RgbImage> all = new ArrayList<>();
        pictures.stream()
                .filter(picture -> !picture.isVideo())
                .forEach(picture -> all.add(Objects.requireNonNull(picture.original())));
        all.addAll(images);
        Iterator<Shown> anew = asking.prepare(all).iterator();
        shown.replaceAll(one -> one.isVideo() ? one : anew.next());
        return shown;
    }

    /** Features that the conversation does not have yet; all of them where the encoder itself looks at the question. */
    private void encodeMissing(Asking.Job job) {
        List<PreparedImage> views = job.views();
        boolean again = policy == Policy.LOOK_AGAIN && Plans.encoderLooksAtQuestion(job.plan());
        if (again) {
            forgetFeatures();
        }
        // Views of a question that failed may be left over, or pictures have been prepared anew.
        int known = 0;
        while (known < Math.min(encodedOf.size(), views.size()) && encodedOf.get(known) == views.get(known)) {
            known++;
        }
        while (encoded.size() > known) {
            encoded.removeLast().close();
            encodedOf.removeLast();
        }
        encoded.addAll(asking.encode(List.of(job), known));
        encodedOf.addAll(views.subList(known, views.size()));
    }

    private PromptState read(Asking.Job job) {
        PromptState known = state;
        int common = known == null ? 0 : Math.min(known.common(job.ids()), job.ids().length - 1);
        boolean allSeen = Arrays.stream(job.ids(), common, job.ids().length)
                .noneMatch(asking.engine().model()::isPlaceholder);
        boolean mayReuse = asking.engine().readsForwards()
                && !Plans.rewritesWords(job.plan())
                && job.worded().isEmpty()
                && (policy == Policy.REUSE || !Plans.looksAtQuestion(job.plan()));
        if (known != null && common > 0 && allSeen && mayReuse) {
            try {
                known.truncate(common);
                asking.engine()
                        .extend(List.of(known), List.of(Arrays.copyOfRange(job.ids(), common, job.ids().length)));
                return known;
            } catch (RuntimeException e) {
                forgetState();
                throw e;
            }
        }
        forgetState();
        PathEngine.Prompt prompt = asking.prompt(job, encoded, options);
        PromptState fresh = asking.engine().prefill(List.of(prompt)).getFirst();
        state = fresh;
        return fresh;
    }

    private void forgetState() {
        if (state != null) {
            state.close();
            state = null;
        }
    }

    private void forgetFeatures() {
        encoded.forEach(EncodedImage::close);
        encoded.clear();
        encodedOf.clear();
    }

    @Override
    public void close() {
        forgetState();
        forgetFeatures();
    }
}
