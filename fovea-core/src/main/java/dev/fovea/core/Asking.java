package dev.fovea.core;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.generate.Generator;
import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Printable;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Recording;
import dev.fovea.core.path.Slot;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.core.text.ChatTemplate;
import dev.fovea.core.text.PromptEncoder;
import dev.fovea.core.text.TextException;
import dev.fovea.core.text.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * From a prompt and pictures to answers: plan, encode, read, generate. Safe for use by several threads.
 *
 * @param tower the paired text tower, or null
 * @param gate every use of the model goes through it
 * @param drafts guess its answers
 */
record Asking(
        PathEngine engine,
        Tokenizer tokenizer,
        ChatTemplate template,
        PictureProcessor processor,
        PromptText promptText,
        @Nullable TextTower tower,
        Generator generator,
        ModelShape shape,
        Techniques techniques,
        Gate gate,
        Drafts drafts) {

    /**
     * One prompt, ready to be read.
     *
     * @param ids token ids, with one placeholder for each slot
     * @param slots what each placeholder stands for
     * @param plan what happens in the language model
     * @param run that plan on its way
     * @param ofViews for each view its plan on its way
     * @param worded token ids of branches that ask otherwise
     */
    record Job(
            int[] ids,
            List<Slot> slots,
            List<Shown> pictures,
            Plan plan,
            PlanRun run,
            List<PlanRun> ofViews,
            @Nullable Recording recording,
            Map<Branch.Worded, int[]> worded) {

        /** The same with its pictures in another form. */
        Job withPictures(List<Shown> others) {
            return new Job(ids, slots, others, plan, run, ofViews, recording, worded);
        }

        /** What the encoder sees. */
        List<PreparedImage> views() {
            return Pictures.views(pictures);
        }
    }

    /** The same with another engine of the same model; answers go on with the one there was. */
    Asking withEngine(PathEngine other) {
        return new Asking(
                other, tokenizer, template, processor, promptText, tower, generator, shape, techniques, gate, drafts);
    }

    /** Chooses among the views of several jobs. */
    interface Wanted {
        boolean test(int job, int view);
    }

    /** The pictures of one prompt. */
    List<Shown> prepare(List<RgbImage> images) {
        List<PreparedPicture> prepared = processor.preparePictures(images);
        return IntStream.range(0, images.size())
                .mapToObj(i -> new Shown(prepared.get(i), images.get(i)))
                .toList();
    }

    /** The pictures of a question, or the one video whose frames they are. */
    List<Shown> prepare(List<RgbImage> images, AskOptions options) {
        Double framesPerSecond = options.framesPerSecond();
        return framesPerSecond == null || images.isEmpty()
                ? prepare(images)
                : List.of(new Shown(processor.prepareVideo(images, framesPerSecond), null));
    }

    /** What somebody says who shows these. */
    static ChatMessage user(List<Shown> shown, String text) {
        List<ChatMessage.Part> parts = new ArrayList<>();
        shown.forEach(one -> parts.add(one.isVideo() ? new ChatMessage.Video() : new ChatMessage.Image()));
        parts.add(new ChatMessage.Text(text));
        return new ChatMessage("user", parts);
    }

    /** What is said up to a question about pictures. */
    static List<ChatMessage> conversation(List<Shown> shown, String question, AskOptions options) {
        List<ChatMessage> messages = new ArrayList<>();
        String system = options.system();
        if (system != null) {
            messages.add(ChatMessage.of("system", 0, system));
        }
        messages.add(user(shown, question));
        return messages;
    }

    /** The plan of named techniques for images of the typical size, checked against the model. */
    Plan plan(List<String> specs, Budget budget, int images) {
        new Planning(techniques, shape).refuseWithoutPictures(specs);
        // How many tiles a picture becomes is known once it is there: a count may be more than one of them has.
        int most = Math.max(1, images) * shape.visualTokens();
        Budget known = shape.traits().tiles() && budget instanceof Budget.Count c && c.tokens() > most
                ? Budget.full()
                : budget;
        Plan plan = techniques.plan(specs, shape, known, Math.max(1, images));
        PlanCheck.check(plan, shape);
        return plan;
    }

    /** The plans that the options ask for, checked against the model. */
    Planning.Plans plans(AskOptions options, List<Shown> pictures) {
        return new Planning(techniques, shape).of(options, Pictures.views(pictures));
    }

    /**
     * Refuses, before anything is encoded, a prompt that cannot fit: its words and placeholders alone are too many, or
     * they are with all visual tokens and the plan drops none before the language model.
     */
    private void checkContext(int ids, List<Slot> slots, List<PreparedImage> views, Plan plan) {
        int context = shape.contextLength();
        int visual = views.stream()
                .mapToInt(v -> Pictures.of(shape, v.size()).visualTokens())
                .sum();
        boolean all = plan.steps().stream().noneMatch(s -> Planning.beforeLanguageModel(s.station()));
        int words =
                ids - (int) slots.stream().filter(Slot.Rows.class::isInstance).count();
        int least = words + (all ? visual : views.size());
        if (least <= context) {
            return;
        }
        if (words > context || views.isEmpty()) {
            throw new IllegalArgumentException("The question with its prompt has " + words + " tokens, more than the "
                    + context + " that this model reads; shorten it.");
        }
        boolean video = views.stream().anyMatch(view -> view.part() instanceof Part.Frame);
        throw new IllegalArgumentException("The prompt has " + least + " tokens, more than the " + context
                + " that this model reads; shorten the question, use fewer " + (video ? "frames" : "images")
                + ", or keep fewer visual tokens.");
    }

    /**
     * A job for a conversation up to the point where the model's answer begins.
     *
     * @param question what the steps that look at the question see
     */
    Job job(List<ChatMessage> messages, List<Shown> shown, String question, AskOptions options) {
        PlanRun.Question asked = question(question);
        Cutting.Cut cut = new Cutting(new Planning(techniques, shape), engine, processor).cut(shown, asked, options);
        List<Shown> pictures = cut.pictures();
        List<PreparedPicture> prepared = pictures.stream().map(Shown::prepared).toList();
        int[] ids = encoded(messages, prepared, options);
        Planning.Plans made = cut.plans();
        Planning.Plans plans = made == null ? plans(options, pictures) : made;
        List<Slot> slots = promptText.slots(prepared);
        checkContext(ids.length, slots, Pictures.views(pictures), plans.ofPrompt());
        drafts.check(options, plans.ofPrompt());
        Recording recording = options.record() ? new Recording() : null;
        Map<Plan, PlanRun> runs = new IdentityHashMap<>();
        Function<Plan, PlanRun> run = plan -> runs.computeIfAbsent(plan, p -> {
            PlanRun own = PlanRun.of(p, asked, recording);
            PlanRun kept = options.speculate() == null ? own : own.following();
            return options.attention() ? kept.watching() : kept;
        });
        return new Job(
                ids,
                slots,
                pictures,
                plans.ofPrompt(),
                run.apply(plans.ofPrompt()),
                plans.ofViews().stream().map(run).toList(),
                recording,
                worded(plans.ofPrompt(), messages, prepared, question, options));
    }

    private int[] encoded(List<ChatMessage> messages, List<PreparedPicture> prepared, AskOptions options) {
        int[] ids = new PromptEncoder(template, tokenizer)
                .encode(messages, text -> promptText.expand(text, prepared), options.specialTokens());
        requireKnown(ids);
        return ids;
    }

    /** The same conversation with the last question in other words, for each branch of the plan that asks otherwise. */
    private Map<Branch.Worded, int[]> worded(
            Plan plan,
            List<ChatMessage> messages,
            List<PreparedPicture> prepared,
            String question,
            AskOptions options) {
        Map<Branch.Worded, int[]> all = new HashMap<>();
        for (Branch.Worded branch : Plans.worded(plan)) {
            List<ChatMessage> others = new ArrayList<>(messages);
            int last = others.size() - 1;
            while (last > 0 && !others.get(last).role().equals("user")) {
                last--;
            }
            others.set(last, others.get(last).worded(branch.of(question)));
            all.put(branch, encoded(others, prepared, options));
        }
        return all;
    }

    /** A tokenizer may know more tokens than the model has embeddings; the picture's needs none. */
    private void requireKnown(int... ids) {
        int rows = shape.vocabulary();
        for (int id : ids) {
            if (id >= rows && !engine.model().isPlaceholder(id)) {
                throw new TextException("The tokenizer gives '" + Printable.of(tokenizer.piece(id)) + "' the id " + id
                        + ", but the model's embedding has " + rows
                        + " rows; take tokenizer and weights from the same checkpoint");
            }
        }
    }

    private PlanRun.Question question(String text) {
        return new PlanRun.Question(
                once(() -> paired().embed(text)), once(() -> paired().pieces(text)), once(() -> tokensMean(text)));
    }

    private TextTower paired() {
        TextTower paired = tower;
        if (paired == null) {
            throw new IllegalArgumentException(
                    "This model has no paired text tower; open it with the CLIP checkpoint that its encoder comes from.");
        }
        return paired;
    }

    private float[] tokensMean(String text) {
        int[] ids = tokenizer.encodeText(text, false);
        if (ids.length == 0) {
            return new float[shape.decoderWidth()];
        }
        try (Scope ignored = Scope.inference()) {
            Tensor tokens = Tensors.to(engine.model().decoder().embed(ids), DType.F32);
            return Tensors.floats(tokens.mean(new long[] {0}, false, new ScalarTypeOptional()));
        }
    }

    private static <T> Supplier<T> once(Supplier<T> source) {
        List<T> known = new ArrayList<>(1);
        return () -> {
            if (known.isEmpty()) {
                known.add(source.get());
            }
            return known.getFirst();
        };
    }

    /**
     * Encodes the views of pictures; the caller owns what comes back.
     *
     * @param skip views of each job that are left out
     */
    List<EncodedImage> encode(List<Job> jobs, int skip) {
        return encode(jobs, (job, view) -> view >= skip);
    }

    /**
     * As above.
     *
     * @param wanted which views of each job are encoded
     */
    List<EncodedImage> encode(List<Job> jobs, Wanted wanted) {
        try (Scope ignored = Scope.inference()) {
            List<ImageInput> inputs = new ArrayList<>();
            for (int j = 0; j < jobs.size(); j++) {
                Job job = jobs.get(j);
                int view = 0;
                for (int p = 0; p < job.pictures().size(); p++) {
                    Shown shown = job.pictures().get(p);
                    for (PreparedImage image : shown.prepared().views()) {
                        if (wanted.test(j, view)) {
                            inputs.add(new Pictures(processor)
                                    .input(
                                            shown,
                                            image,
                                            p,
                                            PathEngine.imageName("", view),
                                            job.ofViews().get(view)));
                        }
                        view++;
                    }
                }
            }
            return engine.encode(inputs);
        }
    }

    PathEngine.Prompt prompt(Job job, List<EncodedImage> images, AskOptions options) {
        return prompt(job, images, options.generation().maxTokens());
    }

    /** @param room tokens to make room for behind the prompt at first */
    PathEngine.Prompt prompt(Job job, List<EncodedImage> images, int room) {
        return new PathEngine.Prompt("", job.ids(), job.slots(), images, job.run(), job.ofViews(), room, job.worded());
    }

    /** Answers several jobs together. */
    List<Answer> answerAll(List<Job> jobs, AskOptions options, List<? extends GenerationListener> listeners) {
        long start = System.nanoTime();
        List<EncodedImage> encoded = encode(jobs, 0);
        List<PromptState> states = List.of();
        try {
            long seen = System.nanoTime();
            List<PathEngine.Prompt> prompts = new ArrayList<>();
            int from = 0;
            for (Job job : jobs) {
                int to = from + job.views().size();
                prompts.add(prompt(job, encoded.subList(from, to), options));
                from = to;
            }
            states = engine.prefill(prompts);
            int[] held = states.stream().mapToInt(PromptState::held).toArray();
            long read = System.nanoTime();
            List<Generated> texts = generated(states, options, listeners);
            Timings timings = new Timings(ms(start, seen), ms(seen, read), ms(read, System.nanoTime()));
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < jobs.size(); i++) {
                answers.add(answer(jobs.get(i), states.get(i), held[i], texts.get(i), timings));
            }
            return answers;
        } finally {
            states.forEach(PromptState::close);
            encoded.forEach(EncodedImage::close);
        }
    }

    /** Answers a prompt that has been read. */
    Generated generated(PromptState state, AskOptions options) {
        return generated(List.of(state), options, List.of(options.listener())).getFirst();
    }

    /** Answers prompts that have been read: together, or where tokens are guessed one after the other. */
    private List<Generated> generated(
            List<PromptState> states, AskOptions options, List<? extends GenerationListener> listeners) {
        String spec = options.speculate();
        if (spec == null) {
            return generator.generate(states, options.generation(), listeners);
        }
        Draft draft = drafts.get(spec);
        List<Generated> all = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            all.add(generator.generate(states.get(i), options.generation(), listeners.get(i), draft));
        }
        return all;
    }

    Answer answer(Job job, PromptState state, int held, Generated text, Timings timings) {
        Ledger ledger = state.ledger();
        return new Answer(
                text.text(),
                text.tokens(),
                text.finish(),
                held,
                ledger,
                IntStream.range(0, job.views().size())
                        .mapToObj(i -> geometry(job.views().get(i), ledger, i))
                        .toList(),
                timings,
                job.recording(),
                text.attention(),
                text.thought(),
                text.speculation());
    }

    /** The way from patches to pixels: of the picture as it was prepared, or as a step had it resized. */
    private Geometry geometry(PreparedImage view, Ledger ledger, int image) {
        Geometry g = view.geometry();
        Ledger.Grid grid = ledger.images().get(image);
        int width = grid.cols() * shape.tokenPixels();
        int height = grid.rows() * shape.tokenPixels();
        boolean asPrepared = grid.equals(ledger.unframed().get(image)) || (width == g.width() && height == g.height());
        return asPrepared ? g : processor.geometry(g, width, height);
    }

    static double ms(long from, long to) {
        return (to - from) / 1e6;
    }
}
