package dev.fovea.core;

import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.Generator;
import dev.fovea.core.generate.Grammar;
import dev.fovea.core.generate.Thought;
import dev.fovea.core.generate.ThoughtMap;
import dev.fovea.core.generate.json.JsonGrammar;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.gguf.GgufModel;
import dev.fovea.core.model.quantized.QuantizedWeights;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.text.ChatTemplate;
import dev.fovea.core.text.SpecialTokens;
import dev.fovea.core.text.TextException;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A vision-language model: pictures and a question in, an answer out, with every visual token accounted for.
 *
 * <pre>{@code
 * try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
 *     RgbImage picture = new PictureReader().read(file).image();
 *     AskOptions options = AskOptions.defaults().withTechniques(List.of("hiprune"), Budget.count(64));
 *     Answer answer = model.ask(List.of(picture), "How many red circles are there?", options);
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads at once.
 *
 * <p>Weights stay in their files, which are mapped. A file that has become shorter is noticed before each use and said
 * in a sentence. One that is cut in the middle of an answer is seen by Java's own kernels, as an exception; where
 * libtorch reads the missing page the operating system ends the process. Replace checkpoints by moving new files into
 * place: what is mapped then stays whole.
 */
public final class VisionLanguageModel implements AutoCloseable {
    private final Path folder;
    private final Checkpoint checkpoint;
    private final @Nullable TextTower tower;
    private final LearnedPlanner planner;
    private final Asking asking;
    private final JsonForms forms;
    private @Nullable GgufModel laidOut;

    private VisionLanguageModel(
            Path folder, Checkpoint checkpoint, @Nullable TextTower tower, LearnedPlanner planner, Asking asking) {
        this.planner = planner;
        this.folder = folder;
        this.checkpoint = checkpoint;
        this.tower = tower;
        this.asking = asking;
        this.forms = new JsonForms(asking.tokenizer());
    }

    /**
     * Opens a checkpoint of a known family in Hugging Face's layout: {@code config.json}, safetensors,
     * {@code tokenizer.json}, processor files and a chat template. Or a language model in a GGUF file, with the file that
     * makes pictures its tokens where there is one ({@link OpenOptions#pictures}).
     *
     * @param path the folder of the checkpoint, or the {@code .gguf} file
     * @throws RuntimeException with one sentence that names the file and what is wrong with it
     */
    public static VisionLanguageModel open(Path path) {
        return open(path, OpenOptions.defaults());
    }

    /** As above, with options. */
    public static VisionLanguageModel open(Path path, OpenOptions options) {
        Path pictures = options.pictures();
        if (!GgufModel.is(path)) {
            if (pictures != null) {
                throw new CheckpointException(path + " is no GGUF file, and " + pictures
                        + " goes with one alone; open the folder of a checkpoint without it");
            }
            return open(path, path, Families.read(path), () -> Checkpoint.open(path), options);
        }
        GgufModel file = GgufModel.open(path, pictures, Families.ggufLayouts());
        try {
            Families.Found found = Families.of(file.config());
            VisionLanguageModel model = open(path, file.folder(), found, file::takeCheckpoint, options);
            // Its tokenizer reads its file again when special tokens are spelled in a text.
            model.laidOut = file;
            return model;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * @param named what was asked for
     * @param folder holds the tokenizer, the template and the processor
     * @param found what the configuration describes
     */
    private static VisionLanguageModel open(
            Path named, Path folder, Families.Found found, Supplier<Checkpoint> files, OpenOptions options) {
        Description description = found.description();
        PictureProcessor processor = found.family().pictures(folder, description);
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            Tokenizer tokenizer = Tokenizer.open(folder);
            opened.add(tokenizer);
            SpecialTokens special = description.hasVision()
                    ? ImageToken.resolve(
                            folder, description.placeholders().getFirst().id(), tokenizer)
                    : tokenizer.specialTokens();
            ChatTemplate template = ChatTemplate.open(
                    folder, special, options.chatTemplate(), found.family().template());
            Checkpoint checkpoint = files.get();
            opened.add(checkpoint);
            DType dtype = WorkingType.of(options.precision(), checkpoint);
            TextTower tower = textTower(folder, options, dtype);
            if (tower != null) {
                opened.add(tower);
            }
            QuantizedWeights weights = QuantizedWeights.of(
                    MappedWeights.of(checkpoint, dtype, description.renames()), options.weights(), found.weights());
            ContrastiveModel clip = tower == null ? null : tower.clip();
            ModelParts model = description.load(weights, clip);
            weights.requireDescribed();
            PathEngine engine = new PathEngine(
                            model, additions -> description.load(AddedWeights.of(weights, additions), clip))
                    .takingAtOnce(options.rowsAtOnce());
            ModelShape shape = description.hasVision()
                    ? Pictures.typical(
                            model.shape(),
                            processor,
                            description.vision().patches().imageSize())
                    : model.shape();
            LearnedPlanner planner = new LearnedPlanner(named, shape, weights);
            opened.add(planner);
            Asking asking = new Asking(
                    engine,
                    tokenizer,
                    template,
                    processor,
                    PromptText.of(description, special.image()),
                    tower,
                    new Generator(engine, tokenizer::decode, endTokens(folder, tokenizer)),
                    shape,
                    options.techniques().plannedBy(planner),
                    new Gate(named.toString(), () -> requireWhole(checkpoint, tower)),
                    new Drafts(options.techniques(), planner));
            return new VisionLanguageModel(named, checkpoint, tower, planner, asking);
        } catch (RuntimeException e) {
            closeAll(opened);
            throw e;
        }
    }

    private static void closeAll(List<AutoCloseable> opened) {
        for (AutoCloseable one : opened.reversed()) {
            try {
                one.close();
            } catch (Exception ignored) {
                // What made opening fail is the error worth telling.
            }
        }
    }

    private static @Nullable TextTower textTower(Path folder, OpenOptions options, DType dtype) {
        Path given = options.textTower();
        Path beside = folder.resolve("clip");
        if (given != null) {
            return TextTower.open(given, dtype);
        }
        return Files.isDirectory(beside) ? TextTower.open(beside, dtype) : null;
    }

    /** As {@code generation_config.json} says, or else {@code config.json}, or else the tokenizer. */
    private static Set<Integer> endTokens(Path folder, Tokenizer tokenizer) {
        String key = "eos_token_id";
        Path generation = folder.resolve("generation_config.json");
        int[] ends = Files.exists(generation) ? ModelConfig.read(generation).integers(key) : new int[0];
        if (ends.length == 0) {
            ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
            ends = (config.has("text_config") ? config.child("text_config") : config).integers(key);
        }
        if (ends.length == 0) {
            ends = tokenizer.endId().stream().toArray();
        }
        return Arrays.stream(ends).boxed().collect(Collectors.toSet());
    }

    /** The machinery, for tests that look inside. */
    Asking asking() {
        return asking;
    }

    /** The folder or file that it was opened from. */
    public Path folder() {
        return folder;
    }

    /** Its sizes. */
    public ModelShape shape() {
        return asking.shape();
    }

    /** The element type it works in. */
    public DType dtype() {
        return asking.engine().model().decoder().dtype();
    }

    /** The techniques that can be asked for by name; those with weights of their own are planned with this model's. */
    public Techniques techniques() {
        return asking.techniques();
    }

    /** What a user should know about this model before asking, in sentences; usually nothing. */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        String grid = gridNote();
        if (grid != null) {
            notes.add(grid);
        }
        String template = asking.template().note();
        if (template != null) {
            notes.add(template);
        }
        String pictures = laidOut == null ? null : laidOut.note();
        if (pictures != null) {
            notes.add(pictures);
        }
        return notes;
    }

    /** That pictures are prepared at another size than the encoder was trained on; null if they are not. */
    private @Nullable String gridNote() {
        ModelShape s = shape();
        if (!s.hasVision()) {
            return null;
        }
        VisionOptions vision = asking.engine().model().vision().options();
        int trained = vision.patches().gridSide() / s.traits().side();
        boolean asTrained = s.gridRows() == trained && s.gridCols() == trained;
        if (asTrained || vision.positions() != VisionOptions.Positions.INTERPOLATED) {
            return null;
        }
        return "its pictures are prepared as " + s.gridRows() + "x" + s.gridCols()
                + " patches, but its encoder was trained on " + trained + "x" + trained
                + ": position embeddings are interpolated";
    }

    /**
     * How large something without pixels of its own, such as the page of a document, is best drawn for this model: as
     * large as the model sees it, and no larger.
     *
     * @param width of what is drawn, in units of its own
     * @param height in the same units
     * @param mostPixels width times height of the picture, at most
     * @return pixels per unit
     * @throws IllegalArgumentException if lengths or pixels are not above zero, or the model reads text alone
     * @throws PictureException if this model cannot be shown anything so elongated
     */
    public double pictureScale(double width, double height, long mostPixels) {
        if (!(width > 0 && width < Double.MAX_VALUE) || !(height > 0 && height < Double.MAX_VALUE) || mostPixels < 1) {
            throw new IllegalArgumentException("Something of " + width + "x" + height + " cannot be drawn with at most "
                    + mostPixels + " pixels.");
        }
        return new PictureScale(asking.processor()).of(width, height, mostPixels);
    }

    /** The bytes that its weights take in the files. */
    public long weightBytes() {
        return checkpoint.byteSize();
    }

    /**
     * The plan of named techniques for prompts of so many images, checked against this model.
     *
     * @throws IllegalArgumentException with one sentence if a name, a knob, the budget or the combination is wrong, or
     *     the model lacks what a technique needs
     */
    public Plan plan(List<String> techniques, Budget budget, int images) {
        return asking.plan(techniques, budget, images);
    }

    /**
     * What the thought before an answer holds of its picture, as far as the technique can draw it. The picture passes the
     * encoder once more for that; answers do without.
     *
     * @param picture that was asked about
     * @param technique under which it was answered, as typed
     * @return nothing if there was no thought
     * @throws IllegalArgumentException with one sentence if the technique has nobody think, or the model does not see pictures
     *     at once
     */
    public List<ThoughtMap> thoughtMaps(Answer answer, RgbImage picture, String technique) {
        Thought thought = answer.thought();
        return thought == null
                ? List.of()
                : asking.gate().during(() -> new ThoughtMaps(asking, planner).of(thought, picture, technique));
    }

    /** Asks with default options. */
    public Answer ask(List<RgbImage> images, String question) {
        return ask(images, question, AskOptions.defaults());
    }

    /**
     * Asks one question about pictures, about none, or about the frames of a video
     * ({@link AskOptions#withFramesPerSecond}).
     *
     * @throws IllegalArgumentException with one sentence if the question or the options do not fit the model
     */
    public Answer ask(List<RgbImage> images, String question, AskOptions options) {
        return askAll(List.of(new Question(images, question)), options).getFirst();
    }

    /**
     * Asks several questions in one batch: each is answered as it would be alone, and all share their passes. The
     * listener of the options hears every answer.
     */
    public List<Answer> askAll(List<Question> questions, AskOptions options) {
        return asking.gate().during(() -> answerAll(questions, options));
    }

    private List<Answer> answerAll(List<Question> questions, AskOptions options) {
        if (questions.isEmpty()) {
            return List.of();
        }
        List<Asking.Job> jobs = new ArrayList<>();
        for (Question question : questions) {
            List<Shown> pictures = asking.prepare(question.images(), options);
            jobs.add(asking.job(
                    Asking.conversation(pictures, question.text(), options), pictures, question.text(), options));
        }
        return asking.answerAll(jobs, options, Collections.nCopies(jobs.size(), options.listener()));
    }

    /**
     * Begins a conversation; close it when it is over.
     *
     * @param options for all of its questions
     * @param policy what happens to the pictures when the next question comes
     */
    public Conversation converse(AskOptions options, Conversation.Policy policy) {
        return new Conversation(asking, options, policy);
    }

    /**
     * Shows pictures that several questions are asked about, each by itself: they are encoded once. Close it when done.
     *
     * @param options for all of the questions
     */
    public Viewing view(List<RgbImage> images, AskOptions options) {
        return new Viewing(asking, options, images);
    }

    /**
     * Weighs possible answers to a question about pictures; close it when done.
     *
     * @param options of which techniques, budget and system prompt are looked at
     * @throws IllegalArgumentException with one sentence if the question or the options do not fit the model
     */
    public Weighing weigh(List<RgbImage> images, String question, AskOptions options) {
        List<Shown> pictures = asking.prepare(images, options);
        return new Weighing(asking, Asking.conversation(pictures, question, options), pictures, question, options);
    }

    /**
     * Takes a question about pictures apart: it can be read again and again under other plans, to see what the first token
     * of its answer hangs on. Close it when done.
     *
     * @param instruction what is said behind the question without being part of it, such as how long the answer shall be;
     *     or null
     * @param maxTokens the longest answer
     * @throws IllegalArgumentException with one sentence if the question does not fit the model
     */
    public PromptProbe probe(List<RgbImage> images, String question, @Nullable String instruction, int maxTokens) {
        return asking.gate().during(() -> new PromptProbe(asking, images, question, instruction, maxTokens));
    }

    /**
     * The form of answers that are JSON of a schema, for {@link GenerationOptions#withGrammar}. It is enforced while the
     * answer is generated: an answer that ends by itself is a document that the schema allows. The last forms are
     * kept, so that the same schema may be asked for again and again.
     *
     * @param schema a JSON schema, of which {@link JsonGrammar#ofSchema} says what is supported; null for any object
     * @throws IllegalArgumentException with one sentence, if the schema is no JSON or cannot be enforced
     * @throws TextException if tokens of this model's tokenizer stand for no fixed bytes
     */
    public Grammar json(@Nullable String schema) {
        return forms.form(schema);
    }

    /**
     * The bytes that a token stands for in an answer, which may be a part of a character; of a special token those that
     * it is spelled with.
     */
    public byte[] bytes(int token) {
        return forms.vocabulary()
                .bytes(token)
                .orElseGet(() -> asking.tokenizer().piece(token).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Answers the prompts of many users at once, see {@link ContinuousBatch}. Close it before the model.
     *
     * @param options how many at once, and what is kept between them
     */
    public ContinuousBatch batch(BatchOptions options) {
        return new ContinuousBatch(asking, options, Sharing.of(options, weightBytes()));
    }

    private static void requireWhole(Checkpoint checkpoint, @Nullable TextTower tower) {
        checkpoint.requireWhole();
        if (tower != null) {
            tower.checkpoint().requireWhole();
        }
    }

    /**
     * Waits for answers in the making, then gives all native memory of the model back, at once. Conversations and
     * viewings keep theirs until they are closed; asked anything more, they say that the model has been closed.
     *
     * @throws IllegalStateException if called by the listener of an answer of this model
     */
    @Override
    public void close() {
        asking.gate().close(() -> {
            asking.tokenizer().close();
            planner.close();
            if (tower != null) {
                tower.close();
            }
            checkpoint.release();
            if (laidOut != null) {
                laidOut.close();
            }
        });
    }
}
