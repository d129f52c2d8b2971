using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Detection.Text;

namespace Detection.Learning.Attacks;

/// <summary>American words and their British spelling: a list of this project's own, made from families of words.</summary>
internal static partial class Spellings
{
    /// <summary>A family a line: American stem, British stem, endings that both take ("-" is none).</summary>
    private const string Families = """
        ardor ardour -
        armor armour - s ed ing er y
        behavior behaviour - s al ally
        candor candour -
        clamor clamour - s ed ing
        color colour - s ed ing ful fully less ist
        demeanor demeanour -
        discolor discolour - ed ing
        dishonor dishonour - s ed ing able
        endeavor endeavour - s ed ing
        favor favour - s ed ing able ably ite ites itism
        fervor fervour -
        flavor flavour - s ed ing ful less ings
        harbor harbour - s ed ing
        honor honour - s ed ing able ably
        humor humour - s ed ing less
        labor labour - s ed ing er ers
        misdemeanor misdemeanour - s
        neighbor neighbour - s ing hood hoods ly
        odor odour - s less
        parlor parlour - s
        rancor rancour -
        rigor rigour - s
        rumor rumour - s ed
        savior saviour - s
        savor savour - s ed ing y
        splendor splendour - s
        tumor tumour - s
        valor valour -
        vapor vapour - s
        vigor vigour -
        analyz analys e es ed ing er ers
        catalyz catalys e es ed ing
        paralyz paralys e es ed ing
        amphitheater amphitheatre - s
        caliber calibre - s
        center centre - s
        centered centred -
        centering centring -
        centimeter centimetre - s
        epicenter epicentre - s
        fiber fibre - s
        goiter goitre -
        kilometer kilometre - s
        liter litre - s
        luster lustre -
        lackluster lacklustre -
        meager meagre -
        millimeter millimetre - s
        ocher ochre -
        saber sabre - s
        scepter sceptre - s
        sepulcher sepulchre - s
        somber sombre - ly
        specter spectre - s
        theater theatre - s
        defense defence - s less
        offense offence - s
        pretense pretence - s
        cancel cancell ed ing
        channel channell ed ing
        chisel chisell ed ing
        counsel counsell ed ing or ors
        dial diall ed ing
        drivel drivell ed ing
        duel duell ed ing
        equal equall ed ing
        fuel fuell ed ing
        funnel funnell ed ing
        grovel grovell ed ing
        initial initiall ed ing
        jewel jewell ed er ers
        label labell ed ing
        level levell ed ing
        libel libell ed ing ous
        marvel marvell ed ing ous ously
        model modell ed ing er ers
        panel panell ed ing ist ists
        pedal pedall ed ing
        pencil pencill ed ing
        quarrel quarrell ed ing
        revel revell ed ing er ers
        rival rivall ed ing
        shovel shovell ed ing
        shrivel shrivell ed ing
        signal signall ed ing
        snorkel snorkell ed ing
        spiral spirall ed ing
        swivel swivell ed ing
        total totall ed ing
        travel travell ed ing er ers
        tunnel tunnell ed ing
        unravel unravell ed ing
        yodel yodell ed ing
        appall appal - s
        distill distil - s
        enroll enrol - s ment ments
        enthrall enthral - s
        fulfill fulfil - s ment
        installment instalment - s
        instill instil - s
        skillful skilful - ly
        willful wilful - ly
        wooly woolly -
        woolen woollen - s
        analog analogue - s
        catalog catalogue - s
        cataloged catalogued -
        cataloging cataloguing -
        dialog dialogue - s
        epilog epilogue - s
        monolog monologue - s
        prolog prologue - s
        anemi anaemi a c
        anesthe anaesthe sia tic tics tist tists
        archeolog archaeolog y ical ist ists
        diarrhea diarrhoea -
        edema oedema -
        esophagus oesophagus -
        estrogen oestrogen - s
        feces faeces -
        fetal foetal -
        fetus foetus - es
        gynecolog gynaecolog y ist ists ical
        hematolog haematolog y ist
        hemoglobin haemoglobin -
        hemophilia haemophilia - c cs
        hemorrhag haemorrhag e es ed ing ic
        leukemia leukaemia -
        maneuver manoeuvre - s
        maneuvered manoeuvred -
        maneuvering manoeuvring -
        orthopedic orthopaedic - s
        paleontolog palaeontolog y ist ists
        pediatri paediatri c cs cian cians
        acknowledgment acknowledgement - s
        aging ageing -
        airplane aeroplane - s
        aluminum aluminium -
        artifact artefact - s
        ax axe -
        carburetor carburettor - s
        chili chilli - es
        cozy cosy -
        cozier cosier -
        coziness cosiness -
        donut doughnut - s
        gray grey - s er ing ish
        jewelry jewellery -
        judgment judgement - s al
        likable likeable -
        livable liveable -
        lovable loveable -
        mold mould - s ed ing y
        molt moult - s ed ing
        mom mum - s
        mommy mummy -
        mustache moustache - s d
        naught nought -
        omelet omelette - s
        pajamas pyjamas -
        phony phoney -
        plow plough - s ed ing
        practiced practised -
        practicing practising -
        sizable sizeable -
        skeptic sceptic - s al ally ism
        smolder smoulder - s ed ing
        specialty speciality -
        specialties specialities -
        sulfate sulphate - s
        sulfide sulphide - s
        sulfur sulphur - ic ous
        tidbit titbit - s
        """;

    /// <summary>Verbs in -ize, by what stands before it.</summary>
    private const string Verbs = """
        agon apolog author brutal capital categor central character civil colon commercial critic crystall custom democrat digit dramat econom emphas energ equal
        euthan fantas fertil final formal general global harmon hospital hypothes ideal immun individual industrial initial internal item jeopard legal legitim local
        material maxim mechan memor mesmer minim mobil modern monopol national neutral normal optim organ ostrac patron penal personal plagiar polar popular priorit
        privat public random rational real reorgan revital revolution sanit scrutin sensational social special stabil standard steril subsid summar symbol sympath
        synchron synthes terror theor trivial util vandal verbal victim visual
        """;

    private static readonly string[] VerbEndings = ["e", "es", "ed", "ing", "ation", "ations", "er", "ers"];

    private static readonly FrozenDictionary<string, string> Words = Make();

    /// <summary>How many words have another spelling.</summary>
    public static int Count => Words.Count;

    public static IReadOnlyList<TextSpan> AmericanWords(string text) => [.. AttackPlaces.Found(Letters(), text).Where(word => Words.ContainsKey(text[word.Start..word.End].ToLowerInvariant()))];

    /// <summary>With the capitals of the American word.</summary>
    public static string British(string american)
    {
        string british = Words[american.ToLowerInvariant()];
        if (american.Length > 1 && american.All(char.IsUpper)) return british.ToUpperInvariant();
        return char.IsUpper(american[0]) ? char.ToUpperInvariant(british[0]) + british[1..] : british;
    }

    private static FrozenDictionary<string, string> Make()
    {
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in Families.Split('\n', StringSplitOptions.TrimEntries))
            if (line.Split(' ') is [var american, var british, .. var endings])
                foreach (string ending in endings.Select(ending => ending == "-" ? "" : ending)) words.Add(american + ending, british + ending);
        foreach (string stem in Verbs.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            foreach (string ending in VerbEndings) words.Add($"{stem}iz{ending}", $"{stem}is{ending}");
        return words.ToFrozenDictionary(StringComparer.Ordinal);
    }

    [GeneratedRegex("[A-Za-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Letters();
}
