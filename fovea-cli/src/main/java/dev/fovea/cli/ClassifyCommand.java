package dev.fovea.cli;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.classify.ClassTexts;
import dev.fovea.eval.classify.Prediction;
import dev.fovea.eval.classify.WorldPictures;
import dev.fovea.eval.classify.ZeroShotClassifier;
import dev.fovea.eval.suite.WorldSuite;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code classify}: which label fits a picture best. {@link ClassifyReport} describes {@code --json}. */
@Command(
        name = "classify",
        description = {
            "Sort pictures by the label whose text fits best, with a CLIP or SigLIP dual encoder and no" + " training.",
            "",
            "Techniques that act inside the encoder spend its visual tokens (tca, tome, turbo, flowcut). tca also learns"
                    + " from the stream: it remembers a few confident pictures of each class, so that what it says of a"
                    + " picture depends on those before it. Pictures are taken in the order given, those of a folder by"
                    + " name; --shuffle mixes folders that hold one class each. The reservoir is set with the knobs"
                    + " reservoir (pictures of a class; 0 for none), lambda, beta, scale, evict and anchors; see 'fovea"
                    + " techniques tca'.",
            "",
            "A picture whose folder is called like a label should get that label, and accuracy is told. --json prints"
                    + " model, techniques, budget, labels, pictures (picture, label, probability, truth, top,"
                    + " visual_tokens), n, visual_tokens, encoder_ms, accuracy and failed."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea classify docs/images/scene.png --labels circle,square,star",
            "  fovea classify photos/ --labels-file labels.txt --model ~/models/clip-vit-base-patch16 \\",
            "      --shuffle 1 --technique tca:rho=0.035",
            "  fovea classify --world 500 --by colour --technique tca --budget 50%%",
            ""
        })
final class ClassifyCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Parameters(arity = "0..*", paramLabel = "PICTURE|FOLDER", description = "Picture files, and folders of them.")
    List<String> arguments = new ArrayList<>();

    @Mixin
    LabelOptions labels;

    @Option(
            names = "--world",
            paramLabel = "N",
            description = "Instead of files: so many generated pictures of one object each, held out from training.")
    @Nullable
    Integer world;

    @Option(
            names = "--by",
            defaultValue = "shape",
            paramLabel = "shape|colour",
            description = "With --world: what the pictures are sorted by (default: ${DEFAULT-VALUE}).")
    WorldPictures.By by = WorldPictures.By.SHAPE;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "S",
            description = "With --world: which pictures (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(
            names = "--noise",
            defaultValue = "0",
            paramLabel = "LEVELS",
            description =
                    "With --world: Gaussian noise on every pixel, so many of 255 levels strong, which the model was"
                            + " not trained on (default: ${DEFAULT-VALUE}).")
    double noise;

    @Mixin
    ClipModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Option(names = "--shuffle", paramLabel = "S", description = "Mix the pictures; the same seed, the same order.")
    @Nullable
    Long shuffle;

    @Option(
            names = "--top",
            defaultValue = "5",
            paramLabel = "K",
            description = "With --json: how many labels are named for each picture (default: ${DEFAULT-VALUE}).")
    int top;

    @Mixin
    JsonOption json;

    ClassifyCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        spending.check();
        if (top < 1) {
            throw CommandFailure.usage("--top is " + top + "; give at least 1");
        }
        WorldPictures generated = generated();
        ClassTexts texts = generated == null ? labels.texts(model.isDefault()) : generated.texts();
        List<ClassifyPictures.Entry> pictures = pictures(generated, texts);
        ClassifyReport report = report(texts);
        try (DualEncoder clip = DualEncoder.open(model.resolve(session), precision.ofDualEncoder());
                ProgressLine progress = new ProgressLine(terminal, "classify", " pictures", pictures.size())) {
            run(stream(clip, texts), pictures, report, progress);
        }
        return tell(report, pictures.size());
    }

    /** People see the runner-up too. */
    private ClassifyReport report(ClassTexts texts) {
        int named = json.json ? top : Math.max(top, 2);
        return new ClassifyReport(model.name(session), spending, texts.labels(), named);
    }

    private @Nullable WorldPictures generated() {
        if (world == null) {
            if (arguments.isEmpty()) {
                throw CommandFailure.usage("there is nothing to classify; name pictures or folders, or use --world N");
            }
            return null;
        }
        if (!arguments.isEmpty() || labels.given()) {
            throw CommandFailure.usage("--world brings its own pictures and labels; leave out files and label options");
        }
        if (world < 1 || world > WorldSuite.SEEDS) {
            throw CommandFailure.usage("--world is " + world + "; give a number from 1 to " + WorldSuite.SEEDS);
        }
        try {
            return new WorldPictures(by, seed, noise);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private List<ClassifyPictures.Entry> pictures(@Nullable WorldPictures generated, ClassTexts texts) {
        List<ClassifyPictures.Entry> entries = generated == null || world == null
                ? ClassifyPictures.ofFiles(arguments, texts.labels(), terminal)
                : ClassifyPictures.ofWorld(generated, world);
        return shuffle == null ? entries : ClassifyPictures.shuffled(entries, shuffle);
    }

    private ZeroShotClassifier stream(DualEncoder clip, ClassTexts texts) {
        ZeroShotClassifier classifier;
        try {
            classifier =
                    new ZeroShotClassifier(clip, texts, Techniques.installed(), spending.techniques, spending.budget());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        if (!spending.techniques.isEmpty() && classifier.isPlain()) {
            terminal.err()
                    .println("fovea: note: with these knobs and this budget the techniques leave the model alone; give"
                            + " a --budget");
        }
        return classifier;
    }

    private void run(
            ZeroShotClassifier classifier,
            List<ClassifyPictures.Entry> pictures,
            ClassifyReport report,
            ProgressLine progress) {
        for (ClassifyPictures.Entry entry : pictures) {
            if (session.interruption().requested()) {
                return;
            }
            try {
                ClassifyPictures.Shown shown = entry.opened().get();
                long start = System.nanoTime();
                Prediction prediction = classifier.classify(shown.image());
                report.add(entry.name(), shown.truth(), prediction, (System.nanoTime() - start) / 1e6);
            } catch (PictureException e) {
                report.fail(entry.name(), CommandFailure.sentence(e));
            }
            progress.at(report.seen(), report.figure());
        }
    }

    private int tell(ClassifyReport report, int wanted) {
        boolean interrupted = session.interruption().requested();
        if (!json.json) {
            report.print(terminal, world == null);
        } else if (!interrupted) {
            Json.print(terminal, report.asMap());
        }
        report.failed().values().forEach(why -> terminal.err().println("fovea: " + why));
        if (interrupted) {
            terminal.err().println("fovea: stopped after " + report.seen() + " of " + wanted + " pictures");
            return ExitCode.INTERRUPTED;
        }
        return report.failed().isEmpty() ? ExitCode.OK : ExitCode.INPUT;
    }
}
