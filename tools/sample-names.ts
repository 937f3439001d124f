// The names that the sample directory's people are made of; every combination is made up.

/** A name as its owner writes it, and in the Latin letters of an account name. */
export type SampleName = readonly [written: string, latin: string];

export interface NameFamily {
  given: readonly SampleName[];
  surnames: readonly SampleName[];
  /** Writes the surname first, without a space in between. */
  surnameFirst?: boolean;
}

function latin(names: string): SampleName[] {
  return names.split(' ').map((name) => {
    const [written, plain] = name.split('=') as [string, string?];
    return [written, plain ?? written.toLowerCase()];
  });
}

const English: NameFamily = {
  given: latin('Alice Ben Clara Daniel Erin Frank Grace Henry Isla Jack Kate Liam Mia Noah Olivia Peter'),
  surnames: latin(
    "Archer Baker Carter Dawson Ellis Fletcher Graves Holloway O'Brien=obrien Parker Reed Stone",
  ),
};
const German: NameFamily = {
  given: latin('Anja Björn=bjoern Dörte=doerte Emil Greta Jürgen=juergen Lena Moritz Silke Thomas'),
  surnames: latin(
    'Bäcker=baecker Groß=gross Köhler=koehler Müller=mueller Schröder=schroeder Vogel Weiß=weiss',
  ),
};
const French: NameFamily = {
  given: latin('Amélie=amelie Benoît=benoit Chloé=chloe Éric=eric Zoé=zoe Luc Noémie=noemie'),
  surnames: latin(
    "Dubois François=francois Lefèvre=lefevre Marchand D'Arcy=darcy Lacroix-Petit=lacroixpetit",
  ),
};
const Spanish: NameFamily = {
  given: latin('Álvaro=alvaro Begoña=begona Inés=ines José=jose Lucía=lucia Núria=nuria Pablo'),
  surnames: latin('Ibáñez=ibanez Muñoz=munoz Peña=pena Quiroga Zúñiga=zuniga Núñez=nunez'),
};
const Polish: NameFamily = {
  given: latin('Agnieszka Bartłomiej=bartlomiej Łucja=lucja Paweł=pawel Wojciech Żaneta=zaneta'),
  surnames: latin('Wiśniewska=wisniewska Dąbrowski=dabrowski Łukaszewicz=lukaszewicz Źrebak=zrebak Kowal'),
};
const Turkish: NameFamily = {
  given: latin('Ayşe=ayse Çağla=cagla İbrahim=ibrahim Işıl=isil Ömer=oemer Şule=sule'),
  surnames: latin('Demir Güneş=gunes Öztürk=ozturk Yıldız=yildiz Çelik=celik'),
};
const Russian: NameFamily = {
  given: latin('Анна=anna Борис=boris Дмитрий=dmitri Елена=elena Ольга=olga Фёдор=fyodor'),
  surnames: latin('Беляев=belyaev Королёва=koroleva Орлов=orlov Соколова=sokolova Щукин=shchukin'),
};
const Greek: NameFamily = {
  given: latin('Αλέξανδρος=alexandros Ελένη=eleni Γιώργος=giorgos Σοφία=sofia'),
  surnames: latin('Παπαδόπουλος=papadopoulos Νικολάου=nikolaou Ιωάννου=ioannou'),
};
const Chinese: NameFamily = {
  given: latin('伟=wei 芳=fang 秀英=xiuying 俊杰=junjie 雨桐=yutong'),
  surnames: latin('王=wang 李=li 张=zhang 欧阳=ouyang 陈=chen'),
  surnameFirst: true,
};
const Japanese: NameFamily = {
  given: latin('陽菜=hina 蓮=ren 美咲=misaki 大輔=daisuke'),
  surnames: latin('佐藤=sato 髙橋=takahashi 渡邉=watanabe 山﨑=yamazaki'),
  surnameFirst: true,
};
const Arabic: NameFamily = {
  given: latin('ليلى=layla يوسف=yusuf مريم=maryam عمر=omar'),
  surnames: latin('الحداد=alhaddad النجار=alnajjar الشريف=alsharif'),
};
const Indian: NameFamily = {
  given: latin('आरव=aarav दिया=diya ईशान=ishaan மீனா=meena'),
  surnames: latin('शर्मा=sharma पटेल=patel சுந்தரம்=sundaram'),
};

/** English thrice: about every third person has a plain name. */
export const NAME_FAMILIES: readonly NameFamily[] = [
  ...[English, English, English, German, French, Spanish],
  ...[Polish, Turkish, Russian, Greek, Chinese, Japanese, Arabic, Indian],
];
