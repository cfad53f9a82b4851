package dev.fovea.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.fovea.core.model.Weights;
import dev.fovea.core.technique.Technique;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which way the arrows between modules and packages point. */
class ArchitectureTest {
    /** Where techniques with weights of their own live. */
    private static final String LEARNED = "dev.fovea.techniques.learned..";

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.fovea");

    @Test
    void everyModuleIsSeen() {
        for (String module :
                new String[] {"core", "world", "techniques", "train", "eval", "document", "server", "mcp", "cli"}) {
            assertThat(ALL.that(DescribedPredicate.describe(
                            module, (JavaClass c) -> c.getPackageName().startsWith("dev.fovea." + module))))
                    .as(module)
                    .isNotEmpty();
        }
    }

    @Test
    void coreKnowsNoOtherModule() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.core..")
                .should()
                .dependOnClassesThat(othersThan("dev.fovea.core.."))
                .check(ALL);
    }

    @Test
    void theWorldKnowsNoOtherModuleAndDrawsByItself() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.world..")
                .should()
                .dependOnClassesThat(othersThan("dev.fovea.world.."))
                .orShould()
                .dependOnClassesThat(resideInAnyPackage("java.awt..", "javax.imageio..", "org.bytedeco.."))
                .check(ALL);
    }

    @Test
    void techniquesKnowThePathButNoModel() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.techniques..")
                .and()
                .resideOutsideOfPackage(LEARNED)
                .should()
                .dependOnClassesThat(othersThan(
                        "dev.fovea.techniques..",
                        "dev.fovea.core.path..",
                        "dev.fovea.core.shape..",
                        "dev.fovea.core.message..",
                        "dev.fovea.core.technique.."))
                .orShould()
                .dependOnClassesThat(resideInAnyPackage("org.bytedeco.."))
                .check(ALL);
    }

    /** Those with weights of their own are made of tensors and layers, and still touch no model and no engine. */
    @Test
    void learnedTechniquesKnowTensorsAndLayersToo() {
        noClasses()
                .that()
                .resideInAPackage(LEARNED)
                .should()
                .dependOnClassesThat(othersThan(
                                "dev.fovea.techniques..",
                                "dev.fovea.core.path..",
                                "dev.fovea.core.shape..",
                                "dev.fovea.core.message..",
                                "dev.fovea.core.technique..",
                                "dev.fovea.core.learned..",
                                "dev.fovea.core.draft..",
                                "dev.fovea.core.adapt..",
                                "dev.fovea.core.layer..",
                                "dev.fovea.core.tensor..")
                        .and(DescribedPredicate.not(JavaClass.Predicates.type(Weights.class))))
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.techniques..")
                .and()
                .resideOutsideOfPackage(LEARNED)
                .should()
                .dependOnClassesThat(resideInAnyPackage(LEARNED))
                .check(ALL);
    }

    @Test
    void trainingKnowsNoTechniqueAndNoCommand() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.train..")
                .should()
                .dependOnClassesThat(othersThan("dev.fovea.train..", "dev.fovea.core..", "dev.fovea.world.."))
                .check(ALL);
    }

    @Test
    void evaluationKnowsNoTrainingAndNoCommand() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.eval..")
                .should()
                .dependOnClassesThat(othersThan(
                        "dev.fovea.eval..", "dev.fovea.core..", "dev.fovea.world..", "dev.fovea.techniques.."))
                .check(ALL);
    }

    @Test
    void theServerKnowsTheEngineAndDocumentsAndNoTensor() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.server..")
                .should()
                .dependOnClassesThat(othersThan("dev.fovea.server..", "dev.fovea.core..", "dev.fovea.document.."))
                .orShould()
                .dependOnClassesThat(resideInAnyPackage("org.bytedeco..", "dev.fovea.core.engine.."))
                .check(ALL);
    }

    @Test
    void documentsKnowPicturesAlone() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.document..")
                .should()
                .dependOnClassesThat(othersThan("dev.fovea.document..", "dev.fovea.core.image.."))
                .check(ALL);
    }

    /** Questions about pictures start without the library that draws pages: it is not on their class path. */
    @Test
    void onlyDocumentsKnowTheLibraryThatDrawsThem() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.fovea.document..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("org.apache.pdfbox..", "org.apache.fontbox.."))
                .check(ALL);
    }

    /** The same of what sends traces; the server knows its interface alone. */
    @Test
    void onlyOneClassOfTheCommandsKnowsWhatSendsTraces() {
        noClasses()
                .that()
                .doNotHaveSimpleName("Telemetry")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.opentelemetry.sdk..", "io.opentelemetry.exporter.."))
                .check(ALL);
    }

    @Test
    void toolsKnowComparisonsAndDocumentsAndNoTensor() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.mcp..")
                .should()
                .dependOnClassesThat(
                        othersThan("dev.fovea.mcp..", "dev.fovea.core..", "dev.fovea.eval..", "dev.fovea.document.."))
                .orShould()
                .dependOnClassesThat(resideInAnyPackage("org.bytedeco..", "dev.fovea.core.engine.."))
                .check(ALL);
    }

    /** Other commands start without the protocol's libraries: they are not on their class path. */
    @Test
    void onlyOneClassOfTheCommandsKnowsTheTools() {
        noClasses()
                .that()
                .resideInAPackage("dev.fovea.cli..")
                .and()
                .doNotHaveSimpleName("McpServing")
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.fovea.mcp..", "io.modelcontextprotocol..", "reactor.."))
                .check(ALL);
    }

    /** Adapters stand on what everybody may use and on documents, on each other not at all. Commands do not know them. */
    @ParameterizedTest
    @ValueSource(strings = {"langchain4j", "spring.ai"})
    void adaptersKnowTheFrontOfCoreAlone(String adapter) {
        JavaClasses own = new ClassFileImporter()
                .importPath(CodeBlock.ROOT
                        .resolve("fovea-" + adapter.replace('.', '-'))
                        .resolve("target/classes"));
        assertThat(own).as("the module is built before this one").isNotEmpty();
        noClasses()
                .should()
                .dependOnClassesThat(
                        othersThan("dev.fovea." + adapter + "..", "dev.fovea.core..", "dev.fovea.document.."))
                .orShould()
                .dependOnClassesThat(resideInAnyPackage(
                        "org.bytedeco..",
                        "dev.fovea.core.engine..",
                        "dev.fovea.core.model..",
                        "dev.fovea.core.tensor.."))
                .check(own);
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.fovea." + adapter + "..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.fovea." + adapter + ".."))
                .check(ALL);
    }

    /** Work over many machines stands on what everybody may use and on contests; nothing stands on it. */
    @Test
    void workOverManyMachinesKnowsTheFrontOfCoreAndContests() {
        JavaClasses own = new ClassFileImporter()
                .importPath(CodeBlock.ROOT.resolve("fovea-spark").resolve("target/classes"));
        assertThat(own).as("the module is built before this one").isNotEmpty();
        noClasses()
                .should()
                .dependOnClassesThat(othersThan("dev.fovea.spark..", "dev.fovea.core..", "dev.fovea.eval.."))
                .orShould()
                .dependOnClassesThat(resideInAnyPackage(
                        "org.bytedeco..",
                        "dev.fovea.core.engine..",
                        "dev.fovea.core.model..",
                        "dev.fovea.core.tensor.."))
                .check(own);
    }

    @Test
    void modelsDoNotKnowTheEngineThatRunsThem() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.fovea.core.model..", "dev.fovea.core.layer..", "dev.fovea.core.kernel..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.fovea.core.engine.."))
                .check(ALL);
    }

    @Test
    void theEngineAndThePartsKnowNoFamily() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.fovea.core.engine..",
                        "dev.fovea.core.model",
                        "dev.fovea.core.model.vision..",
                        "dev.fovea.core.model.connector..",
                        "dev.fovea.core.model.language..",
                        "dev.fovea.core.model.contrastive..",
                        "dev.fovea.techniques..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.fovea.core.model.family.."))
                .check(ALL);
    }

    @Test
    void thePathIsPlainData() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.fovea.core.path..",
                        "dev.fovea.core.technique..",
                        "dev.fovea.core.image..",
                        "dev.fovea.core.overlay..",
                        "dev.fovea.core.text..")
                .and(handOnNoTensors())
                .should()
                .dependOnClassesThat(resideInAnyPackage("org.bytedeco.."))
                .check(ALL);
    }

    @Test
    void nativeMemoryIsHandledByHandInFewPlaces() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.fovea.core.tensor..",
                        "dev.fovea.core.weights..",
                        "dev.fovea.core.kernel..",
                        "dev.fovea.core.ffmpeg..",
                        "dev.fovea.train..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are pointers of JavaCPP",
                        c -> c.getPackageName().equals("org.bytedeco.javacpp")
                                && !c.getSimpleName().equals("Pointer")))
                .check(ALL);
    }

    @Test
    void techniquesHoldNoState() {
        fields().that()
                .areDeclaredInClassesThat()
                .implement(Technique.class)
                .should()
                .beFinal()
                .andShould()
                .beStatic()
                .check(ALL);
    }

    @Test
    void techniquesArePublicSoThatTheServiceLoaderFindsThem() {
        classes().that().implement(Technique.class).should().bePublic().check(ALL);
    }

    @Test
    void packagesOfOneModuleFormNoCircles() {
        slices().matching("dev.fovea.core.(*)..").should().beFreeOfCycles().check(ALL);
        slices().matching("dev.fovea.train.(*)..").should().beFreeOfCycles().check(ALL);
        slices().matching("dev.fovea.world.(*)..").should().beFreeOfCycles().check(ALL);
        slices().matching("dev.fovea.eval.(*)..").should().beFreeOfCycles().check(ALL);
    }

    /** Signals and decisions may be rows in native memory: what names them hands them on and does nothing with them. */
    private static DescribedPredicate<JavaClass> handOnNoTensors() {
        return DescribedPredicate.describe(
                "hand on no tensors",
                c -> !c.getName()
                        .matches("dev\\.fovea\\.core\\.(path\\.(Signals|TensorRows)|technique\\.Plans\\$Renaming)"));
    }

    /** Classes of this project outside of these packages. */
    private static DescribedPredicate<JavaClass> othersThan(String... packages) {
        return resideInAnyPackage("dev.fovea..")
                .and(DescribedPredicate.not(resideInAnyPackage(packages)))
                .as("reside in other parts of the project");
    }
}
